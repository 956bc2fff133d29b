import {
  IconBuildingLighthouse,
  IconDeviceLaptop,
  IconDrone,
  IconFlask,
  IconHelpSquareRounded,
  IconServer,
  IconTrafficLights,
} from '@tabler/icons-react'

/** The picture of a machine's type. A Duckiebot is drawn here: two wheels, a camera, and its passenger. */
export function KindIcon({ kind }: { readonly kind: string }) {
  switch (kind) {
    case 'duckiebot':
      return (
        <svg className="kind" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden>
          <path d="M4 16.5v-3.2c0-.7.6-1.3 1.3-1.3h13.4c.7 0 1.3.6 1.3 1.3v3.2" strokeLinecap="round" />
          <circle cx="7" cy="17.5" r="2.7" />
          <circle cx="17.6" cy="18.4" r="1.7" />
          <path d="M10 18h5.6" />
          <path
            d="M9.2 11.9c-2.2-.6-2.6-2.6-2.4-3.6 1.2.9 2.3.7 2.9.1-.6-2.5.7-4.4 2.7-4.4 1.700 0 2.800 1.200 2.800 2.700l1.900.5-1.700 1.200c.3 1.700-.5 3-1.500 3.500"
            fill="var(--accent)"
            stroke="var(--accent-line, currentColor)"
            strokeWidth="1.1"
            strokeLinejoin="round"
          />
        </svg>
      )
    case 'duckiedrone':
      return <IconDrone className="kind" stroke={1.5} aria-hidden />
    case 'watchtower':
      return <IconBuildingLighthouse className="kind" stroke={1.5} aria-hidden />
    case 'traffic_light':
      return <IconTrafficLights className="kind" stroke={1.5} aria-hidden />
    case 'server':
      return <IconServer className="kind" stroke={1.5} aria-hidden />
    case 'operator':
    case 'workstation':
      return <IconDeviceLaptop className="kind" stroke={1.5} aria-hidden />
    default:
      return <IconHelpSquareRounded className="kind" stroke={1.5} aria-hidden />
  }
}

export function Simulated() {
  return (
    <span className="chip chip-simulated" title="simulated">
      <IconFlask className="icon" stroke={1.7} aria-hidden /> <span className="chip-word">simulated</span>
    </span>
  )
}
