#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif
package import Commands
package import Logging
internal import Synchronization

/// Writes the log as lines: the time, the level, what happened, and the facts as `name=value`. What came from outside
/// cannot break a line nor look like a fact: it is quoted and escaped.
///
/// Safe from any thread: each line is one write.
package final class LogOutput: Sendable {
    private let descriptor: Int32
    private let level: Mutex<Logger.Level?>

    /// A log as the settings ask for it; its level follows them while the server runs.
    ///
    /// - Throws: ``ServerError`` when the file cannot be written.
    package init(_ settings: Settings) throws(ServerError) {
        let path = settings.text(.logFile)
        if path.isEmpty {
            descriptor = 2
        } else {
            descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
            guard descriptor >= 0 else {
                throw ServerError("cannot write the log file \(path): \(unsafe String(cString: strerror(errno)))")
            }
        }
        level = Mutex(LogOutput.level(settings))
        settings.observe { [weak self] setting in
            if setting.name == Setting.logLevel.name { self?.level.withLock { $0 = LogOutput.level(settings) } }
        }
    }

    deinit { if descriptor != 2 { close(descriptor) } }

    /// A logger that writes here.
    package func logger() -> Logger { Logger(label: "lvkv") { _ in Handler(output: self) } }

    /// The least level that is written, in the words of Redis's levels; `nil` for none.
    private static func level(_ settings: Settings) -> Logger.Level? {
        switch settings.text(.logLevel) {
        case "debug": .debug
        case "verbose": .info
        case "notice": .notice
        case "warning": .warning
        default: nil
        }
    }

    private func write(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            // Where the log cannot be written there is nobody to tell.
            _ = unsafe writeBytes(descriptor, bytes.baseAddress, bytes.count)
        }
    }

    private struct Handler: LogHandler {
        let output: LogOutput
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level {
            get { output.level.withLock { $0 } ?? .critical }
            set {}
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            guard output.level.withLock({ $0 }) != nil else { return }
            var line = "\(LogOutput.now()) \(event.level) \(LogOutput.escaped("\(event.message)"))"
            let facts = metadata.merging(event.metadata ?? [:]) { $1 }
            for (name, value) in facts.sorted(by: { $0.key < $1.key }) {
                line += " \(name)=\(LogOutput.quoted("\(value)"))"
            }
            output.write(line + "\n")
        }
    }

    /// A fact's value: quoted unless it is one plain word.
    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C && $0 != 0x3D }
        if isPlain { return text }
        return "\"" + escaped(text) + "\""
    }

    /// Text without control characters: they, quotes and backslashes become escapes.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\"", "\\": result += "\\\(scalar)"
            default:
                switch scalar.properties.generalCategory {
                // Marks that turn the direction of text around are formats.
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                default: result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    /// The time as `2026-01-31T23:59:59.123Z`.
    private static func now() -> String {
        var time = timespec()
        unsafe _ = clock_gettime(CLOCK_REALTIME, &time)
        var parts = unsafe tm()
        unsafe _ = gmtime_r(&time.tv_sec, &parts)
        func digits(_ number: Int, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
        }
        let day =
            unsafe "\(Int(parts.tm_year) + 1900)-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
        let clock = unsafe [parts.tm_hour, parts.tm_min, parts.tm_sec].map { digits(Int($0), 2) }.joined(separator: ":")
        return "\(day)T\(clock).\(digits(time.tv_nsec / 1_000_000, 3))Z"
    }
}

/// The system's call, which the method's name hides.
private func writeBytes(_ descriptor: Int32, _ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}
