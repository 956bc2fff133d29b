import { Select, type SelectProps } from '@mantine/core'
import { useState } from 'react'

type ChoiceProps = Omit<SelectProps, 'allowDeselect' | 'comboboxProps' | 'onFocus' | 'onPointerEnter'>

/**
 * One of a few values, in a toolbar. Its list is made when a person comes near it and not with the page, which it would
 * make several milliseconds slower; from then on it stays, because the keys look in it for what is chosen.
 */
export function Choice(props: ChoiceProps) {
  const [near, setNear] = useState(false)
  const come = (): void => setNear(true)
  return (
    <Select
      size="xs"
      allowDeselect={false}
      {...props}
      comboboxProps={{ keepMounted: near }}
      onFocus={come}
      onPointerEnter={come}
    />
  )
}
