@testable import LevelDB
import OrderedStore
import StoreConformance
import Testing

@Suite("The marker file")
struct DirectoryMarkerTests {
    static let files = DirectoryMarker.Files(
        manifest: .init(number: 5, size: 1234), logs: [.init(number: 7, size: 0), .init(number: 9, size: 88)],
        nextFileNumber: 11)

    @Test("what is written is read back, with and without files")
    func roundTrip() throws {
        for files in [nil, Self.files] {
            let marker = DirectoryMarker(files: files)
            #expect(try DirectoryMarker(marker.bytes) == marker)
            #expect(marker.id.utf8.count == 32)
        }
        #expect(DirectoryMarker(files: nil).id != DirectoryMarker(files: nil).id)
    }

    @Test("the text is the one that is documented")
    func text() {
        var marker = DirectoryMarker(files: Self.files)
        marker.id = String(repeating: "a", count: 32)
        let text = String(decoding: marker.bytes, as: UTF8.self)
        #expect(
            text.hasPrefix(
                """
                lvkv-marker 1
                id aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
                created-by lvkv \(lvkvVersion)
                manifest MANIFEST-000005 1234
                log 000007.log 0
                log 000009.log 88
                next-file 11
                crc\u{20}
                """))
    }

    @Test("any cut and any flipped bit is noticed")
    func damage() {
        let bytes = DirectoryMarker(files: Self.files).bytes
        for count in 0..<bytes.count {
            #expect(throws: DirectoryMarker.Unreadable.self) { try DirectoryMarker(Array(bytes[..<count])) }
        }
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                #expect(throws: DirectoryMarker.Unreadable.self) { try DirectoryMarker(damaged) }
            }
        }
    }

    /// `lines` with a good checksum after them.
    static func sealed(_ lines: String) -> [UInt8] {
        let digits = String(Checksum.crc32c(lines.utf8), radix: 16)
        return Array("\(lines)crc \(String(repeating: "0", count: 8 - digits.utf8.count))\(digits)\n".utf8)
    }

    @Test("malformed lines under a good checksum are refused, and unknown ones passed over")
    func lines() throws {
        let bad = [
            "", "\n", "lvkv-marker\n", "lvkv-marker x\n", "marker 1\n", "lvkv-marker 1\nmanifest MANIFEST-1\n",
            "lvkv-marker 1\nmanifest CURRENT 12\n", "lvkv-marker 1\nmanifest MANIFEST-1 99999999999999999999\n",
            "lvkv-marker 1\nlog 000001.ldb 5\n", "lvkv-marker 1\nlog 5\n", "lvkv-marker 1\nnext-file -1\n",
        ]
        for text in bad {
            #expect(throws: DirectoryMarker.Unreadable.self, "\(text)") { try DirectoryMarker(Self.sealed(text)) }
        }
        let good = "lvkv-marker 1\nid x\nmood fine\n\nlonely\nmanifest MANIFEST-000003 4\n"
        let marker = try DirectoryMarker(Self.sealed(good))
        #expect(marker.files?.manifest == .init(number: 3, size: 4))
    }

    @Test("random bytes are an error or a value", arguments: 0..<4)
    func randomBytes(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let words = [
            "lvkv-marker", "1", " ", "\n", "manifest", "MANIFEST-", "log", "000001.log", "next-file",
            "99999999999999999999",
        ]
        var refused = 0
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0..<30, using: &generator)).map { _ in
                words.randomElement(using: &generator) ?? ""
            }
            if (try? DirectoryMarker(Self.sealed(text.joined()))) == nil { refused += 1 }
            let noise = (0..<50).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(throws: DirectoryMarker.Unreadable.self) { try DirectoryMarker(noise) }
        }
        #expect(refused > 0)
    }

    @Test("a newer format is refused by its number and its maker, and nothing is changed")
    func newer() throws {
        let directory = TemporaryDirectory()
        try openStore(directory, .createIfMissing).close()
        try directory.write("lvkv.marker", Self.sealed("lvkv-marker 2\nsomething else\ncreated-by lvkv 9.1\n"))
        let before = try directory.content()
        for attempt in [
            { try openStore(directory).close() }, { try LevelDBStore.repair(at: directory.path) },
            { try LevelDBStore.destroy(at: directory.path) },
        ] as [() throws -> Void] {
            let error = failure(attempt)
            #expect(error?.code == .notSupported)
            #expect(error?.message.contains("format 2, made by lvkv 9.1") == true)
        }
        #expect(try directory.content() == before)
    }

    @Test("a damaged marker is refused with what to do, which helps")
    func damaged() throws {
        let directory = TemporaryDirectory()
        let store = try openStore(directory, .createIfMissing)
        try store.put("a", "1")
        try store.close()
        try directory.write("lvkv.marker", Array("lvkv-marker 1\n".utf8))
        let error = failure { try openStore(directory).close() }
        #expect(error?.code == .corruption)
        #expect(error?.message.contains("remove lvkv.marker") == true)
        try directory.remove("lvkv.marker")
        let value = try openStore(directory).get("a")?.string
        #expect(value == "1")
    }

    @Test("a directory keeps its id over all openings and a repair")
    func identity() throws {
        let directory = TemporaryDirectory()
        try openStore(directory, .createIfMissing).close()
        let id = try DirectoryMarker(directory.read("lvkv.marker")).id
        try openStore(directory).close()
        #expect(try DirectoryMarker(directory.read("lvkv.marker")).id == id)
        try LevelDBStore.repair(at: directory.path)
        let marker = try DirectoryMarker(directory.read("lvkv.marker"))
        #expect(marker.id == id)
        #expect(marker.files != nil)
    }
}
