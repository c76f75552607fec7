import Foundation

/// A directory that is gone when the last reference to it is.
final class TemporaryDirectory: Sendable {
    let path: String

    /// In memory where there is such a place, since thousands of syncs take their time; `TMPDIR` decides otherwise.
    private static let folder: String = {
        let memory = "/dev/shm"
        let isFree = ProcessInfo.processInfo.environment["TMPDIR"] == nil
        return isFree && FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
    }()

    /// A path that nothing is at yet.
    init(_ name: String = "lvkv") {
        path = URL(filePath: TemporaryDirectory.folder).appending(path: "\(name)-\(UUID().uuidString)").path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in the directory.
    func file(_ name: String) -> String { "\(path)/\(name)" }
}
