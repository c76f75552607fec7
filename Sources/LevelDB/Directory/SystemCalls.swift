#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
package import OrderedStore

/// What is being done and where: what an error about a directory names.
struct Place: Sendable {
    let operation: String
    let path: String

    /// An error of this operation at this place.
    func error(_ code: StoreError.Code, _ message: String) -> StoreError {
        StoreError(code, operation: operation, path: path, message: message)
    }

    /// Runs `body` and turns a failure of the operating system into an error of this operation.
    func run<Result: ~Copyable>(
        _ body: () throws(SystemFailure) -> Result
    ) throws(StoreError) -> Result {
        do throws(SystemFailure) {
            return try body()
        } catch {
            throw self.error(error)
        }
    }

    /// An error with the operating system's own words.
    func error(_ failure: SystemFailure) -> StoreError {
        let code: StoreError.Code
        switch failure.number {
        case ENOENT: code = .notFound
        case ENAMETOOLONG, ENOTDIR, EISDIR, ELOOP, EINVAL: code = .invalidArgument
        default: code = .io
        }
        return error(code, failure.description)
    }
}

/// A call of the operating system that failed.
package struct SystemFailure: Error, CustomStringConvertible {
    package let number: Int32
    /// What was tried, such as `cannot read CURRENT`.
    let attempt: String

    /// The failure of the call that was just made.
    package init(_ attempt: String) { self.init(attempt, number: errno) }

    init(_ attempt: String, number: Int32) {
        self.number = number
        self.attempt = attempt
    }

    /// Whether there was no room, or none of this user's share.
    var isFullDisk: Bool { number == ENOSPC || number == EDQUOT }

    /// As an error of an operation at a path.
    package func error(_ operation: String, _ path: String) -> StoreError {
        Place(operation: operation, path: path).error(self)
    }

    package var description: String {
        let words = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
        let advice: String
        switch number {
        case ENOSPC, EDQUOT: advice = "; free some space and try again"
        case EACCES, EPERM: advice = "; check the owner and the permissions"
        case EROFS: advice = "; LevelDB writes even to read, so the file system must be writable"
        case EMFILE, ENFILE: advice = "; raise the limit of open files"
        default: advice = ""
        }
        return "\(attempt): \(words)\(advice)"
    }
}

/// The identity of a file or directory, whatever its path is.
package struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
}

/// What `stat` tells about a file.
package struct FileStatus {
    package let identity: FileIdentity
    package let size: UInt64
    package let isRegular: Bool
    package let isDirectory: Bool

    init(_ status: stat) {
        identity = FileIdentity(
            device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(truncatingIfNeeded: status.st_ino))
        size = UInt64(clamping: status.st_size)
        isRegular = status.st_mode & S_IFMT == S_IFREG
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
    }

    /// The status of whatever is at `path`.
    package init(path: String) throws(SystemFailure) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw SystemFailure("cannot look at \(path)") }
        self.init(status)
    }
}

/// An open file or directory, closed when this goes out of scope.
package struct OpenFile: ~Copyable {
    package let number: Int32

    /// Opens `path`. Never waits for the other end of a pipe and is not inherited by other programs.
    package init(path: String, _ flags: Int32, attempt: String) throws(SystemFailure) {
        number = restarting { unsafe open(path, flags | O_CLOEXEC | O_NONBLOCK, 0o644) }
        guard number >= 0 else { throw SystemFailure(attempt) }
    }

    /// Opens `name` inside `directory`.
    package init(_ name: String, in directory: borrowing OpenFile, _ flags: Int32, attempt: String)
        throws(SystemFailure)
    {
        let parent = directory.number
        number = restarting { unsafe openat(parent, name, flags | O_CLOEXEC | O_NONBLOCK, 0o644) }
        guard number >= 0 else { throw SystemFailure(attempt) }
    }

    deinit {
        close(number)
    }

    /// The status of the open file.
    package func status(attempt: String) throws(SystemFailure) -> FileStatus {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw SystemFailure(attempt) }
        return FileStatus(status)
    }

    /// The status of `name` inside this directory; `nil` when there is no such file.
    package func status(of name: String) throws(SystemFailure) -> FileStatus? {
        var status = stat()
        if unsafe fstatat(number, name, &status, 0) == 0 { return FileStatus(status) }
        if errno == ENOENT { return nil }
        throw SystemFailure("cannot look at \(name)")
    }

    /// Reads up to `count` bytes; fewer at the end of the file only.
    package func read(upTo count: Int, attempt: String) throws(SystemFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let offset = filled
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                restarting {
                    unsafe systemRead(number, buffer.baseAddress.map { unsafe $0 + offset }, count - offset)
                }
            }
            guard got >= 0 else { throw SystemFailure(attempt) }
            if got == 0 { break }
            filled += got
        }
        bytes.removeLast(count - filled)
        return bytes
    }

    /// Writes all of `bytes` at the current position.
    package func write(_ bytes: [UInt8], attempt: String) throws(SystemFailure) {
        var written = 0
        while written < bytes.count {
            let offset = written
            let put = unsafe bytes.withUnsafeBytes { buffer in
                restarting {
                    unsafe systemWrite(number, buffer.baseAddress.map { unsafe $0 + offset }, bytes.count - offset)
                }
            }
            guard put >= 0 else { throw SystemFailure(attempt) }
            written += put
        }
    }

    /// Makes what was written survive a loss of power.
    package func sync(attempt: String) throws(SystemFailure) {
        #if canImport(Darwin)
            // fsync leaves the drive's own cache alone there.
            if fcntl(number, F_FULLFSYNC) == 0 { return }
        #endif
        guard restarting({ fsync(number) }) == 0 else { throw SystemFailure(attempt) }
    }

    /// Cuts this file off behind `count` bytes.
    func truncate(to count: Int) { _ = restarting { ftruncate(number, off_t(count)) } }

    /// How much room there is on the file system of this file or directory, and how large that is; `nil` where the
    /// system does not tell.
    func space() -> (free: Int, total: Int)? {
        var status = statvfs()
        guard restarting({ unsafe fstatvfs(number, &status) }) == 0 else { return nil }
        let block = UInt64(status.f_frsize)
        func bytes(_ blocks: some BinaryInteger) -> Int {
            let (bytes, overflow) = UInt64(blocks).multipliedReportingOverflow(by: block)
            return overflow ? .max : Int(clamping: bytes)
        }
        // A file system that does not count has none in all.
        return status.f_blocks == 0 ? nil : (bytes(status.f_bavail), bytes(status.f_blocks))
    }

    /// The names in this directory, without `.` and `..`.
    package func names() throws(SystemFailure) -> [String] {
        let attempt = "cannot list the directory"
        let number = unsafe openat(number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw SystemFailure(attempt) }
        guard let stream = unsafe fdopendir(number) else {
            let failure = SystemFailure(attempt)
            close(number)
            throw failure
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                if errno != 0 { throw SystemFailure(attempt) }
                return names
            }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { start in
                unsafe start.withMemoryRebound(to: CChar.self, capacity: 1) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    /// Removes the file `name` from this directory; it need not be there.
    package func remove(_ name: String) throws(SystemFailure) {
        if unsafe unlinkat(number, name, 0) != 0 && errno != ENOENT { throw SystemFailure("cannot remove \(name)") }
    }
}

/// Calls `call` again as long as a signal interrupts it.
private func restarting<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}

private func systemRead(_ number: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    unsafe read(number, buffer, count)
}

private func systemWrite(_ number: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(number, buffer, count)
}
