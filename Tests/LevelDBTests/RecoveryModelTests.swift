#if os(Linux)
    import Foundation
    @testable import LevelDB
    import OrderedStore
    import StoreConformance
    import SystemFaults
    import Testing

    extension DiskFaultTests {
        /// What a store may hold: after a write of unknown outcome, one of two contents.
        private struct Model {
            var content: [String: String] = [:]
            var other: [String: String]?

            /// Which one it is shows once the store was opened again, and stays so.
            mutating func settle(_ found: [String: String], _ note: String) {
                if let other, found == other { content = other }
                other = nil
                #expect(found == content, "\(note)")
            }
        }

        @Test("random writes with 300 faults at random calls: what is there is what was acknowledged")
        func randomFaults() throws {
            let seed = UInt64.random(in: 0...UInt64.max)
            var random = SeededGenerator(seed: seed)
            var model = Model()
            var options = LevelDBOptions(mode: .createIfMissing)
            options.writeBufferSize = 64 << 10
            options.compression = .none
            // What a failed write would have changed must not be found in the cache.
            options.valueCacheSize = 1 << 20
            options.disk = DiskPolicy(
                firstDelay: .milliseconds(1), longestDelay: .milliseconds(4), leastFreeBytes: 0)
            var store = try LevelDBStore(at: directory.path, options: options)
            var hits = 0
            for round in 0..<300 {
                let note = "seed \(seed), round \(round)"
                let kinds: [fault_call] = [fault_write, fault_sync, fault_open, fault_rename, fault_any]
                let kind = kinds[round % kinds.count]
                let times = [1, 1, 2, 5, 20, -1].randomElement(using: &random) ?? 1
                let suffix = ["", "", ".log", ".ldb", "CURRENT"].randomElement(using: &random) ?? ""
                let skip = Int64.random(in: 0..<30, using: &random)
                unsafe fault_plan(
                    kind, directory.path, suffix, skip, Int64(times),
                    [EIO, ENOSPC].randomElement(using: &random) ?? EIO)
                for _ in 0..<40 where model.other == nil { try change(&model, store, &random) }
                if fault_end() > skip { hits += 1 }
                try settle(&model, store, note)
                if round % 10 == 9 {
                    try store.close()
                    store = try LevelDBStore(at: directory.path, options: options)
                    try settle(&model, store, "\(note), after closing")
                }
            }
            // Most plans must have met a call, or nothing was tried.
            #expect(hits > 60, "\(hits) faults")
        }

        private func settle(_ model: inout Model, _ store: LevelDBStore, _ note: String) throws {
            for _ in 0..<60_000 where store.storage.condition != .ok { usleep(500) }
            try #require(store.storage.condition == .ok, "\(note): \(store.storage)")
            var found: [String: String] = [:]
            try store.read { snapshot in
                var cursor = snapshot.cursor(in: .all, options: .forward)
                while let entry = try cursor.next() {
                    found[String(decoding: entry.key.array, as: UTF8.self)] =
                        String(decoding: entry.value.array, as: UTF8.self)
                }
            }
            for number in 0..<60 {
                let value = try store.get("key\(number)")?.string
                #expect(value == found["key\(number)"], "\(note): key\(number), read by itself")
            }
            model.settle(found, note)
        }

        /// Writes something, and notes what may be there then.
        private func change(_ model: inout Model, _ store: LevelDBStore, _ random: inout SeededGenerator) throws {
            var after = model.content
            var batch = WriteBatch()
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let key = "key\(Int.random(in: 0..<60, using: &random))"
                if Int.random(in: 0..<4, using: &random) == 0 {
                    batch.delete(key)
                    after[key] = nil
                } else {
                    let value = String(repeating: "v", count: .random(in: 0..<3_000, using: &random))
                    batch.put(key, value)
                    after[key] = value
                }
            }
            let durability: Durability = Int.random(in: 0..<3, using: &random) == 0 ? .synced : .buffered
            do throws(StoreError) {
                try store.write(batch, durability: durability)
                model.content = after
            } catch {
                // Refused is not there; of what the disk refused nobody knows.
                if error.outcomeIsUnknown { model.other = after }
            }
        }
    }
#endif
