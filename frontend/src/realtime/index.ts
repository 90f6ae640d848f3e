export {
  MAX_LENGTHS,
  type ClientFrame,
  type ClientFrameOf,
  type FrameOf,
  type ServerFrame,
} from './frames'
