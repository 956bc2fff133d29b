import { connect } from './client.ts'
import { mount } from './mount.tsx'

mount(connect())
