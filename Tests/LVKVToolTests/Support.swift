import Foundation
import Testing

/// A directory that is removed with the value.
final class Sandbox {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "lvkv-tool-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in it.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file into it.
    @discardableResult
    func write(_ name: String, _ content: String) throws -> String {
        try Data(content.utf8).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    /// Reads a file.
    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: file(name))), as: UTF8.self)
    }

    var database: String { file("db") }

    /// Runs `lvkv` on the database of this sandbox.
    func lvkv(_ arguments: String..., input: String = "") throws -> Outcome {
        try lvkv(arguments, input: Data(input.utf8))
    }

    func lvkv(_ arguments: [String], input: Data = Data()) throws -> Outcome {
        try Outcome.of(["--db", database] + arguments, input: input, directory: path)
    }
}

/// What a run of the command did.
struct Outcome {
    let status: Int32
    let bytes: Data
    let errors: String

    /// What was printed, as text.
    var output: String { String(decoding: bytes, as: UTF8.self) }
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// Whether it is one clear line on standard error.
    var hasOneErrorLine: Bool {
        errors.hasPrefix("lvkv: ") && errors.hasSuffix("\n") && errors.dropLast().allSatisfy { !$0.isNewline }
    }

    /// The command, built next to the tests.
    static var executable: URL {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        let tests = bundle ?? URL(fileURLWithPath: CommandLine.arguments[0])
        return tests.deletingLastPathComponent().appendingPathComponent("lvkv")
    }

    static func of(
        _ arguments: [String], input: Data = Data(), environment: [String: String] = [:], directory: String? = nil
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        var variables = ProcessInfo.processInfo.environment
        variables["LVKV_DB"] = nil
        process.environment = variables.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }

        // Files, so that neither side waits for the other however much is written.
        let base = NSTemporaryDirectory() + "lvkv-run-\(UUID().uuidString)"
        let names = ["in", "out", "err"].map { "\(base).\($0)" }
        defer { for name in names { try? FileManager.default.removeItem(atPath: name) } }
        try input.write(to: URL(fileURLWithPath: names[0]))
        for name in names[1...] { try Data().write(to: URL(fileURLWithPath: name)) }
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: names[0]))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: names[1]))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: names[2]))
        try process.run()
        process.waitUntilExit()
        let written = try names[1...].map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        return Outcome(
            status: process.terminationStatus, bytes: written[0], errors: String(decoding: written[1], as: UTF8.self))
    }
}
