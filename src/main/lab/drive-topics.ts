import { baselineM, type BodyState } from './body.ts'
import { cameraImage } from './camera-image.ts'
import type { RobotKind } from './kinds.ts'
import { between, type Random } from './random.ts'

/** One topic of a recording, below the robot's name as in ROS: `/duckie01/imu_node/imu`. */
export interface DriveTopic {
  readonly topic: string
  readonly schemaName: string
  /** JSON schema of one message. */
  readonly schema: object
  /** One message every so many steps of the recorder. */
  readonly everySteps: number
  readonly only?: 'driving' | 'battery'
  message(state: BodyState, stampMs: number, random: Random): object
}

/** A wheel of 65 mm has 135 marks, as on a DB21. */
const ticksPerM = 135 / (Math.PI * 0.065)

const number = { type: 'number' }
const stamp = { type: 'object', properties: { sec: { type: 'integer' }, nsec: { type: 'integer' } } }
const header = { type: 'object', properties: { stamp, frame_id: { type: 'string' } } }
const vector = { type: 'object', properties: { x: number, y: number, z: number } }

const wheelTopic = (side: 'left' | 'right'): DriveTopic => ({
  topic: `${side}_wheel_encoder_node/tick`,
  schemaName: 'duckietown_msgs/WheelEncoderStamped',
  schema: { type: 'object', properties: { header, data: { type: 'integer' }, resolution: { type: 'integer' } } },
  everySteps: 1,
  only: 'driving',
  message: ({ leftWheelM, rightWheelM }, stampMs) => ({
    header: headerOf(stampMs),
    data: Math.floor((side === 'left' ? leftWheelM : rightWheelM) * ticksPerM),
    resolution: 135,
  }),
})

/** What a Duckiebot records on a drive; a watchtower only what it sees. Every header says `simulated`. */
const driveTopics: readonly DriveTopic[] = [
  wheelTopic('left'),
  wheelTopic('right'),
  {
    topic: 'wheels_driver_node/wheels_cmd',
    schemaName: 'duckietown_msgs/WheelsCmdStamped',
    schema: { type: 'object', properties: { header, vel_left: number, vel_right: number } },
    everySteps: 1,
    only: 'driving',
    message: ({ speed, turn }, stampMs) => ({
      header: headerOf(stampMs),
      vel_left: round(speed - (turn * baselineM) / 2),
      vel_right: round(speed + (turn * baselineM) / 2),
    }),
  },
  {
    topic: 'imu_node/imu',
    schemaName: 'sensor_msgs/Imu',
    schema: { type: 'object', properties: { header, angular_velocity: vector, linear_acceleration: vector } },
    everySteps: 1,
    only: 'driving',
    message: ({ speed, turn }, stampMs, random) => ({
      header: headerOf(stampMs),
      angular_velocity: { x: noise(random, 0.01), y: noise(random, 0.01), z: round(turn + noise(random, 0.02)) },
      linear_acceleration: {
        x: noise(random, 0.1),
        y: round(speed * turn + noise(random, 0.1)),
        z: round(9.81 + noise(random, 0.1)),
      },
    }),
  },
  {
    topic: 'deadreckoning_node/odom',
    schemaName: 'duckietown_msgs/Pose2DStamped',
    schema: { type: 'object', properties: { header, x: number, y: number, theta: number } },
    everySteps: 2,
    only: 'driving',
    message: ({ x, y, heading }, stampMs) => ({
      header: headerOf(stampMs),
      x: round(x),
      y: round(y),
      theta: round(heading),
    }),
  },
  {
    topic: 'camera_node/image/compressed',
    schemaName: 'foxglove.CompressedImage',
    schema: {
      type: 'object',
      properties: {
        timestamp: stamp,
        frame_id: { type: 'string' },
        data: { type: 'string', contentEncoding: 'base64' },
        format: { type: 'string' },
      },
    },
    everySteps: 5,
    message: (state, stampMs) => ({
      timestamp: stampOf(stampMs),
      frame_id: 'simulated',
      data: Buffer.from(cameraImage(state)).toString('base64'),
      format: 'png',
    }),
  },
  {
    topic: 'battery_node/state',
    schemaName: 'sensor_msgs/BatteryState',
    schema: {
      type: 'object',
      properties: { header, percentage: number, temperature: number, present: { type: 'boolean' } },
    },
    everySteps: 10,
    only: 'battery',
    message: ({ batteryPercent, temperatureC }, stampMs) => ({
      header: headerOf(stampMs),
      percentage: round(batteryPercent / 100),
      temperature: round(temperatureC - 10),
      present: true,
    }),
  },
]

export function topicsOf(kind: RobotKind): readonly DriveTopic[] {
  return driveTopics.filter(({ only }) => (only === 'driving' ? kind.drives : only !== 'battery' || kind.hasBattery))
}

function headerOf(stampMs: number): object {
  return { stamp: stampOf(stampMs), frame_id: 'simulated' }
}

function stampOf(ms: number): { sec: number; nsec: number } {
  const whole = Math.trunc(ms)
  return { sec: Math.floor(whole / 1_000), nsec: (whole % 1_000) * 1_000_000 }
}

function noise(random: Random, size: number): number {
  return round(between(random, -size, size))
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
