import Foundation

/// A directory that is gone when the last reference to it is.
final class TemporaryDirectory: Sendable {
    let path: String

    /// A path that nothing is at yet, in the folder for temporary files or another one.
    init(_ name: String = "lvkv", in folder: String = NSTemporaryDirectory()) {
        path = URL(filePath: folder).appending(path: "\(name)-\(UUID().uuidString)").path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in the directory.
    func file(_ name: String) -> String { "\(path)/\(name)" }
}
