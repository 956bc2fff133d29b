import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

/** Duckie yellow, lightest to darkest; #FFC20E is Duckietown's own, at the shade that filled buttons take. */
const duck: MantineColorsTuple = [
  '#fff9e1',
  '#fff1cb',
  '#ffe29a',
  '#ffdb80',
  '#ffd566',
  '#ffcf4d',
  '#ffca33',
  '#ffc620',
  '#ffc20e',
  '#efb200',
]

/** The greys of Mantine's own dark surfaces, in the cool tone of styles/base.css. */
const dark: MantineColorsTuple = [
  '#e7e9ec',
  '#b9c0c8',
  '#9ba4af',
  '#5f6975',
  '#3a424c',
  '#2b3139',
  '#1b1f24',
  '#15181c',
  '#101215',
  '#0b0d0f',
]

const sans = "'Inter', system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif"
const mono = "ui-monospace, 'SF Mono', 'Cascadia Mono', 'Roboto Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace"

export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  colors: { duck, dark },
  fontFamily: sans,
  fontFamilyMonospace: mono,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  components: {
    // A cross that has no words says nothing to those who hear the page.
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } },
  },
  headings: { fontFamily: sans, fontWeight: '600' },
})

/** Mantine's surfaces take the colours of styles/base.css, so that a part of ours and one of theirs look alike. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1b1e22',
    '--mantine-color-dimmed': '#565f69',
    '--mantine-color-default-border': '#d6d7d2',
    '--mantine-color-placeholder': '#636c76',
    '--mantine-color-error': '#b42318',
  },
  dark: {
    '--mantine-color-body': '#15181c',
    '--mantine-color-text': '#e7e9ec',
    '--mantine-color-dimmed': '#9ba4af',
    '--mantine-color-default': '#1b1f24',
    '--mantine-color-default-hover': '#232830',
    '--mantine-color-default-border': '#333a43',
    '--mantine-color-placeholder': '#8d96a1',
    '--mantine-color-error': '#ff7b72',
  },
})
