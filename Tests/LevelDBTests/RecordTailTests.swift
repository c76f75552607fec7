import Foundation
@testable import LevelDB
import OrderedStore
import Testing

@Suite("The ends of logs and MANIFEST files")
struct RecordTailTests {
    private let directory = TemporaryDirectory()
    private static let value = String(repeating: "x", count: 3000)

    /// The directory as it stands while the store is open: what a loss of power leaves, and how many bytes the log had
    /// before the last key was put.
    private func crash() throws -> (place: TemporaryDirectory, log: String, before: Int) {
        let store = try openStore(directory, .createIfMissing)
        for index in 0..<20 { try store.put("key\(index)", Self.value, durability: .synced) }
        let log = try directory.name(".log")
        let before = try directory.read(log).count
        try store.put("torn", Self.value)
        let copy = try directory.copy()
        try store.close()
        return (copy, log, before)
    }

    /// How many of the keys are there; -1 when the database cannot be opened.
    private func count(_ place: TemporaryDirectory) throws -> Int {
        let store = try openStore(place)
        defer { try? store.close() }
        return try store.count()
    }

    @Test("a log whose last record is zeros from some sector on is opened without that record")
    func tornLog() throws {
        let (place, log, before) = try crash()
        let bytes = try place.read(log)
        for sector in stride(from: (before + 511) / 512 * 512, to: bytes.count, by: 512) {
            try #require(sector > before)
            let copy = try place.copy()
            try copy.write(log, bytes[..<sector] + [UInt8](repeating: 0, count: bytes.count - sector))
            #expect(try count(copy) == 20, "zeros from byte \(sector)")
            // It is whole from now on.
            #expect(try count(copy) == 20)
        }
    }

    @Test("a MANIFEST whose last record is zeros is opened as it was before that")
    func tornManifest() throws {
        let (place, _, _) = try crash()
        let manifest = try place.name("MANIFEST-")
        var writer = ManifestWriter()
        writer.append([UInt8](repeating: 1, count: 900))
        // An edit that was never synced, of which only the first sector has come to the disk.
        let whole = try place.read(manifest)
        let torn = whole + writer.bytes
        let sector = (whole.count + 511) / 512 * 512
        try place.write(manifest, torn[..<sector] + [UInt8](repeating: 0, count: torn.count - sector))
        #expect(try count(place) == 21)
    }

    @Test("a damaged record is refused where zeros do not end the file at a sector, or where it is not the last")
    func damage() throws {
        let (place, log, before) = try crash()
        let bytes = try place.read(log)
        for position in [before - 10, before + 100, bytes.count - 1] {
            let copy = try place.copy()
            var damaged = bytes
            damaged[position] ^= 1
            try copy.write(log, damaged)
            #expect(failure { _ = try count(copy) }?.code == .corruption, "byte \(position)")
        }
    }

    @Test("of a log that was closed no record is cut off, and none passed over that claims to be longer than the file")
    func closed() throws {
        let store = try openStore(directory, .createIfMissing)
        for index in 0..<20 { try store.put("key\(index)", "value", durability: .synced) }
        try store.close()
        let log = try directory.name(".log")
        let bytes = try directory.read(log)
        var start = 0
        while start < bytes.count {
            let copy = try directory.copy()
            var damaged = bytes
            damaged[start + 5] ^= 0x40
            try copy.write(log, damaged)
            let before = try copy.content()
            #expect(failure { _ = try count(copy) }?.code == .corruption, "the length at byte \(start)")
            #expect(try copy.content() == before)
            start += 7 + Int(bytes[start + 4]) + Int(bytes[start + 5]) << 8
        }
    }

    @Test("a value that ends with zeros is kept")
    func zeros() throws {
        let store = try openStore(directory, .createIfMissing)
        try store.put("zeros", [UInt8](repeating: 0, count: 5000), durability: .synced)
        let copy = try directory.copy()
        try store.close()
        for place in [copy, directory] {
            let store = try openStore(place)
            let value = try store.get("zeros")?.bytes
            #expect(value == [UInt8](repeating: 0, count: 5000))
            try store.close()
        }
    }
}
