import Foundation

/// A directory that is gone when the last reference to it is.
final class TemporaryDirectory: Sendable {
    let path: String

    init(_ name: String = "lvkv") {
        path = NSTemporaryDirectory() + "\(name)-\(UUID().uuidString)"
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in the directory.
    func file(_ name: String) -> String { "\(path)/\(name)" }
}
