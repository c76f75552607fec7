#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The calls of the operating system that the command makes itself, each with its error as a value.
enum SystemCall {
    static let standardInput: Int32 = 0
    static let standardOutput: Int32 = 1
    static let standardError: Int32 = 2

    /// What the system calls an error.
    static func words(for number: Int32) -> String {
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text)
    }

    static func isDiskFull(_ number: Int32) -> Bool { number == ENOSPC || number == EDQUOT }

    /// Fills the standard descriptors that were handed over closed, the wrong way round, so that no file of the
    /// database takes their number and using them still fails.
    static func fillStandardDescriptors() {
        for (number, mode) in [(standardInput, O_WRONLY), (standardOutput, O_RDONLY), (standardError, O_RDONLY)] {
            if fcntl(number, F_GETFD) == -1, errno == EBADF { _ = unsafe open("/dev/null", mode) }
        }
    }

    /// Makes writing to a pipe that nobody reads an error of the call, so that the database is closed in order.
    static func ignorePipeSignal() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Ends the process the way one ends that the signal reached.
    static func endByPipeSignal() -> Never {
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
        exit(128 + SIGPIPE)
    }

    static func end(_ status: Int32) -> Never { exit(status) }

    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

    /// The columns of the terminal at `descriptor`.
    static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// What this process has used: microseconds of processor time, and the most bytes of memory.
    static func usage() -> (user: Int, system: Int, peak: Int) {
        var usage = rusage()
        #if canImport(Glibc)
            let who = __rusage_who_t(RUSAGE_SELF.rawValue)
        #else
            let who = RUSAGE_SELF
        #endif
        guard unsafe getrusage(who, &usage) == 0 else { return (0, 0, 0) }
        #if os(Linux)
            let peak = Int(usage.ru_maxrss) * 1_024
        #else
            let peak = Int(usage.ru_maxrss)
        #endif
        func microseconds(_ time: timeval) -> Int { Int(time.tv_sec) * 1_000_000 + Int(time.tv_usec) }
        return (microseconds(usage.ru_utime), microseconds(usage.ru_stime), peak)
    }

    /// The bytes of memory that this process has now; `nil` where the system does not tell.
    static func residentBytes() -> Int? {
        #if os(Linux)
            let file = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return nil }
            defer { close(file) }
            var text = [UInt8](repeating: 0, count: 128)
            let count = unsafe text.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
            // All pages, those in memory, …
            let fields = text.prefix(max(0, count)).split(separator: UInt8(ascii: " "))
            guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else { return nil }
            return pages * sysconf(Int32(_SC_PAGESIZE))
        #else
            return nil
        #endif
    }

    /// Lets the process open as many files as the system allows it.
    ///
    /// - Returns: how many that are.
    static func raiseOpenFileLimit() -> Int {
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return Int(Int16.max) }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = raised.rlim_max
            if unsafe setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Seconds since some moment, never going back.
    static func now() -> Double {
        var time = timespec()
        unsafe _ = clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Nanoseconds since some moment, never going back.
    static func nanoseconds() -> UInt64 {
        var time = timespec()
        unsafe _ = clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Lets this thread wait.
    static func sleep(nanoseconds: UInt64) {
        var time = timespec(
            tv_sec: time_t(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        unsafe _ = nanosleep(&time, nil)
    }

    /// How many processors this process may use.
    static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// Whether all arguments of this process are UTF-8; else the place of the first that is not.
    static func firstMalformedArgument() -> Int? {
        for index in 0..<Int(CommandLine.argc) {
            guard let argument = unsafe CommandLine.unsafeArgv[index] else { continue }
            if unsafe String(validatingCString: argument) == nil { return index }
        }
        return nil
    }
}
