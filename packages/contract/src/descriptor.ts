/** How a thread joins an allocator: what `share()` returns and `attachPidAllocator` takes. Can be cloned and posted. */
export interface PidAllocatorDescriptor {
  /** Name of the design. */
  readonly strategy: string;
  /** Version of the block's layout. */
  readonly version: number;
  /** The `capacity` that the allocator was made with. */
  readonly capacity: number;
  /** Its worker slots. */
  readonly workers: number;
  /** The block. Nothing else is shared. */
  readonly buffer: SharedArrayBuffer;
}
