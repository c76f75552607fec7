#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A descriptor that reads or writes, closed when this goes out of scope unless it is a standard one.
struct Descriptor: ~Copyable {
    let number: Int32

    /// One of the three that every process is handed.
    init(standard number: Int32) { self.number = number }

    /// Opens a file to read from, or to write anew; messages call it `name`.
    ///
    /// - Parameter isPrivate: whether a new file is for its owner only.
    init(path: String, writing: Bool = false, isPrivate: Bool = false, name: String? = nil) throws(Failure) {
        let flags = writing ? O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC : O_RDONLY | O_CLOEXEC
        number = unsafe open(path, flags, isPrivate ? 0o600 : 0o666)
        guard number >= 0 else {
            let failure = errno
            throw Failure(system: failure, "cannot \(writing ? "write" : "read") \(name ?? path)")
        }
    }

    deinit {
        if number > SystemCall.standardError { close(number) }
    }

    /// The size of a plain file; `nil` for pipes and terminals.
    var fileSize: Int? {
        var status = stat()
        guard unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// Reads what is there, up to the size of `buffer`.
    ///
    /// - Returns: how many bytes; 0 at the end.
    func read(into buffer: inout [UInt8], name: String) throws(Failure) -> Int {
        let number = number
        let (count, failure) = unsafe buffer.withUnsafeMutableBytes { bytes in
            while true {
                // The module's name, because of the method's own.
                let count = unsafe systemRead(number, bytes.baseAddress, bytes.count)
                if count >= 0 || errno != EINTR { return (count, errno) }
            }
        }
        if count < 0 { throw Failure(system: failure, "cannot read \(name)") }
        return count
    }

    /// Writes all of `bytes`.
    ///
    /// - Throws: ``OutputClosed`` when nobody reads any more, else ``Failure``.
    func write(_ bytes: borrowing [UInt8], name: String) throws {
        let number = number
        var start = 0
        while start < bytes.count {
            let rest = bytes.span.extracting(start..<bytes.count)
            let count = unsafe rest.withUnsafeBytes { unsafe systemWrite(number, $0.baseAddress, $0.count) }
            if count >= 0 {
                start += count
                continue
            }
            let failure = errno
            if failure == EINTR { continue }
            if failure == EPIPE { throw OutputClosed() }
            throw Failure(system: failure, "cannot write \(name)")
        }
    }

    /// Waits until what was written is on the disk.
    func synchronize(name: String) throws(Failure) {
        guard fsync(number) == 0 || errno == EINVAL || errno == EROFS else {
            let failure = errno
            throw Failure(system: failure, "cannot write \(name)")
        }
    }
}

func systemRead(_ number: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    unsafe read(number, buffer, count)
}

func systemWrite(_ number: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(number, buffer, count)
}

/// A file that appears under its name only when it is complete.
struct AtomicFile: ~Copyable {
    private let path: String
    private let temporary: String
    private var isDone = false

    /// Opens the file that is to become `path`, next to it.
    ///
    /// What is no plain file, such as `/dev/null` or a pipe, is written directly.
    init(path: String) {
        self.path = path
        var status = stat()
        let isSpecial = unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
        temporary = isSpecial ? path : "\(path).\(getpid()).tmp"
    }

    func open() throws(Failure) -> Descriptor {
        try Descriptor(path: temporary, writing: true, name: path)
    }

    /// Gives the file its name.
    mutating func commit() throws(Failure) {
        isDone = true
        guard temporary != path else { return }
        guard unsafe rename(temporary, path) == 0 else {
            let failure = errno
            unsafe _ = unlink(temporary)
            throw Failure(system: failure, "cannot write \(path)")
        }
    }

    deinit {
        if !isDone && temporary != path { unsafe _ = unlink(temporary) }
    }
}
