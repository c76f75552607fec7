import Foundation
import LevelDB
import OrderedStore

extension TemporaryDirectory {
    /// The names in the directory, sorted; none when it is missing.
    func names() throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    /// The one name that ends, or begins, with `part`.
    func name(_ part: String) throws -> String {
        let found = try names().filter { $0.hasSuffix(part) || $0.hasPrefix(part) }
        guard found.count == 1 else { throw Unexpected("\(found.count) files with \(part): \(found)") }
        return found[0]
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    func read(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(filePath: file(name)))) }

    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws {
        try Data(Array(bytes)).write(to: URL(filePath: file(name)))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: file(name)) }

    func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: file(name), toPath: file(other))
    }

    func make() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// The content of all files but locks and LevelDB's information log.
    func content() throws -> [String: [UInt8]] {
        let kept = try names().filter { !["LOCK", "LOG", "LOG.old", "lvkv.lock"].contains($0) }
        return try Dictionary(uniqueKeysWithValues: kept.map { ($0, try read($0)) })
    }

    /// The directory as it stands, in a new place: what a crash at this moment would leave.
    func copy() throws -> TemporaryDirectory {
        let copy = TemporaryDirectory()
        try FileManager.default.copyItem(atPath: path, toPath: copy.path)
        return copy
    }
}

/// A test could not be set up.
struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The error that `body` throws; `nil` when it throws none.
func failure(_ body: () throws -> Void) -> StoreError? {
    do {
        try body()
        return nil
    } catch {
        return error as? StoreError
    }
}

/// Opens the database in `directory`.
func openStore(_ directory: TemporaryDirectory, _ mode: LevelDBOptions.Mode = .existing) throws -> LevelDBStore {
    try LevelDBStore(at: directory.path, options: LevelDBOptions(mode: mode))
}
