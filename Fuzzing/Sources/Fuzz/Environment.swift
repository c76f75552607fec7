#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A variable of the environment.
func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}

/// A file of this process in memory, for what reads files.
func write(_ bytes: [UInt8], to path: String) {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    require(file >= 0, "cannot write \(path)")
    let count = unsafe bytes.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
    require(count == bytes.count, "cannot write \(path)")
    close(file)
}

/// A path that is this process's own.
let scratchFile = "/tmp/lvkv-fuzz-\(getpid())"

func removeFile(_ path: String) { unsafe unlink(path) }
