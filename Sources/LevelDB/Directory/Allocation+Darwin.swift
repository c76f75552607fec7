#if canImport(Darwin)
    internal import Darwin

    extension OpenFile {
        /// Makes this file `count` bytes long, on blocks that are set aside for it.
        func allocate(_ count: Int, attempt: String) throws(SystemFailure) {
            var request = fstore_t(
                fst_flags: UInt32(F_ALLOCATEALL), fst_posmode: F_PEOFPOSMODE, fst_offset: 0,
                fst_length: off_t(count), fst_bytesalloc: 0)
            guard unsafe fcntl(number, F_PREALLOCATE, &request) == 0, ftruncate(number, off_t(count)) == 0 else {
                throw SystemFailure(attempt)
            }
        }
    }
#endif
