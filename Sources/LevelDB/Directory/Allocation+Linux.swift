#if !canImport(Darwin)
    #if canImport(Glibc)
        internal import Glibc
    #elseif canImport(Musl)
        internal import Musl
    #endif

    extension OpenFile {
        /// Makes this file `count` bytes long, on blocks that are set aside for it.
        func allocate(_ count: Int, attempt: String) throws(SystemFailure) {
            let failure = posix_fallocate(number, 0, off_t(count))
            guard failure == 0 else { throw SystemFailure(attempt, number: failure) }
        }
    }
#endif
