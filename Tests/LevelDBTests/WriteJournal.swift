#if os(Linux)
    import Foundation
    import LevelDB
    import OrderedStore
    import Testing

    /// What a store acknowledged, refused and could not tell of.
    struct WriteJournal {
        var acknowledged: Set<Int> = []
        var refused: Set<Int> = []
        var unknown: Set<Int> = []

        /// Writes `indexes`, one by one, and notes how each ended.
        mutating func write(
            _ indexes: Range<Int>, to store: LevelDBStore, _ durability: Durability = .buffered
        ) -> StoreError? {
            var first: StoreError?
            for index in indexes {
                do {
                    try store.put("key\(index)", WriteJournal.value(index), durability: durability)
                    acknowledged.insert(index)
                } catch {
                    first = first ?? error
                    if error.outcomeIsUnknown { unknown.insert(index) } else { refused.insert(index) }
                }
            }
            return first
        }

        /// Whether `store` holds what it may and nothing else.
        func check(_ store: LevelDBStore, _ note: String = "") throws {
            var lost: [Int] = []
            var revived: [Int] = []
            var torn: [Int] = []
            for index in acknowledged.union(refused).union(unknown) {
                let value = try store.get("key\(index)")?.string
                if let value, value != WriteJournal.value(index) { torn.append(index) }
                if value == nil && acknowledged.contains(index) { lost.append(index) }
                if value != nil && refused.contains(index) { revived.append(index) }
            }
            #expect(lost == [], "lost \(note)")
            #expect(revived == [], "refused and yet there \(note)")
            #expect(torn == [], "not whole \(note)")
        }

        static func value(_ index: Int) -> String { "\(index) " + String(repeating: "v", count: index % 700) }
    }

    /// A file system in memory, for tests that run as root.
    final class SmallFileSystem {
        let directory = TemporaryDirectory("small")

        static let isPossible = (try? SmallFileSystem(bytes: 1 << 20)) != nil

        init(bytes: Int) throws {
            try directory.make()
            try Self.run("mount", "-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", directory.path)
        }

        deinit { try? Self.run("umount", "-l", directory.path) }

        private static func run(_ arguments: String...) throws {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = arguments
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw Unexpected("\(arguments) failed") }
        }
    }
#endif
