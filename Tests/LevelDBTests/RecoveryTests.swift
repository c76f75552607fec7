#if os(Linux)
    import Foundation
    @testable import LevelDB
    import OrderedStore
    import Synchronization
    import SystemFaults
    import Testing

    /// Tries within milliseconds what it usually tries within seconds.
    private let quick = DiskPolicy(
        firstDelay: .milliseconds(1), longestDelay: .milliseconds(20), leastFreeBytes: 0)

    /// Waits until the store is as wanted; for as long as a busy machine may take.
    private func wait(for store: LevelDBStore, _ isThere: (StorageState) -> Bool) throws {
        for _ in 0..<60_000 {
            if isThere(store.storage) { return }
            usleep(1_000)
        }
        throw Unexpected("the store stays as it is: \(store.storage)")
    }

    private func waitUntilWell(_ store: LevelDBStore) throws { try wait(for: store) { $0.condition == .ok } }

    extension DiskFaultTests {
        private func openRecovering(_ policy: DiskPolicy = quick, _ place: String? = nil) throws -> LevelDBStore {
            var options = LevelDBOptions(mode: .createIfMissing)
            options.writeBufferSize = 64 << 10
            options.compression = .none
            options.disk = policy
            return try LevelDBStore(at: place ?? directory.path, options: options)
        }

        @Test("after a failed write, or a failed sync, writes go on by themselves, and nothing acknowledged is lost")
        func goesOn() throws {
            for (call, durability) in [(fault_write, Durability.buffered), (fault_sync, .synced)] {
                let store = try openRecovering()
                var journal = WriteJournal()
                #expect(journal.write(0..<50, to: store, durability) == nil)
                let before = store.storage.recoveries
                unsafe fault_plan(call, directory.path, ".log", 5, 1, EIO)
                var next = 50
                while journal.unknown.isEmpty {
                    _ = journal.write(next..<next + 1, to: store, durability)
                    next += 1
                }
                try waitUntilWell(store)
                #expect(fault_end() >= 6)
                #expect(store.storage.recoveries == before + 1)
                #expect(store.writeFailure == nil)
                #expect(journal.write(next..<next + 300, to: store, durability) == nil)
                try journal.check(store)
                try store.close()
                let reopened = try open(.existing)
                try journal.check(reopened)
                try reopened.close()
                try LevelDBStore.destroy(at: directory.path)
            }
        }

        @Test("while every write fails reads are served, and once none does writes go on by themselves")
        func fullForAWhile() throws {
            let store = try openRecovering()
            var journal = WriteJournal()
            #expect(journal.write(0..<300, to: store) == nil)
            unsafe fault_plan(fault_write, directory.path, "", 0, -1, ENOSPC)
            #expect(journal.write(300..<400, to: store)?.outcomeIsUnknown == true)
            try wait(for: store) { $0.attempts >= 4 }
            for index in 0..<300 {
                let value = try store.get("key\(index)")?.string
                #expect(value == WriteJournal.value(index))
            }
            #expect(store.storage.condition == .writesRefused)
            #expect(failure { try store.put("a", "1") }?.code == .writesRefused)
            #expect(failure { try store.transact { $0.put("a", "1") } }?.code == .writesRefused)
            #expect(failure { try store.sync() }?.code == .writesRefused)
            _ = fault_end()
            try waitUntilWell(store)
            #expect(journal.write(400..<500, to: store) == nil)
            try journal.check(store)
            try store.close()
            try journal.check(open(.existing))
        }

        @Test("a database that cannot be opened again says so to reads and writes, until it can")
        func openingFails() throws {
            let store = try open()
            var journal = WriteJournal()
            #expect(journal.write(0..<100, to: store) == nil)
            unsafe fault_plan(fault_write, directory.path, ".log", 0, 1, EIO)
            #expect(journal.write(100..<110, to: store)?.outcomeIsUnknown == true)
            unsafe fault_plan(fault_rename, directory.path, "CURRENT", 0, -1, EIO)
            #expect(failure { try store.reopen() } != nil)
            #expect(store.storage.condition == .unavailable)
            #expect(!store.isClosed)
            let read = failure { _ = try store.get("key1") }
            #expect(read?.code == .io)
            #expect(read?.message.contains("could not be opened again") == true)
            #expect(failure { try store.put("a", "1") }?.code == .writesRefused)
            #expect(failure { try store.transact { $0.put("a", "1") } }?.code == .writesRefused)
            // Nobody else gets the directory meanwhile.
            #expect(failure { try open(.existing).close() }?.code == .locked)
            _ = fault_end()
            try store.reopen()
            #expect(store.storage.condition == .ok)
            #expect(journal.write(200..<300, to: store) == nil)
            try journal.check(store)
            try store.close()
            try journal.check(open(.existing))
        }

        @Test("an opening that fails in the background is tried again in the background")
        func openingFailsForAWhile() throws {
            let store = try openRecovering(
                DiskPolicy(firstDelay: .milliseconds(300), longestDelay: .milliseconds(300), leastFreeBytes: 0))
            var journal = WriteJournal()
            let conditions = Mutex<[StorageState.Condition]>([])
            store.whenStorageChanges { state in conditions.withLock { $0.append(state.condition) } }
            #expect(journal.write(0..<100, to: store) == nil)
            unsafe fault_plan(fault_write, directory.path, ".log", 0, 1, EIO)
            #expect(journal.write(100..<110, to: store)?.outcomeIsUnknown == true)
            // Beyond what one try does at once.
            unsafe fault_plan(fault_rename, directory.path, "CURRENT", 0, 4, EIO)
            try waitUntilWell(store)
            _ = fault_end()
            #expect(journal.write(200..<300, to: store) == nil)
            try journal.check(store)
            try wait(for: store) { _ in conditions.withLock { $0.last == .ok } }
            #expect(conditions.withLock { $0 } == [.writesRefused, .unavailable, .writesRefused, .ok])
            try store.close()
            try journal.check(open(.existing))
        }

        @Test("a long read keeps the opening waiting, and not the other reads")
        func longRead() throws {
            let store = try openRecovering()
            var journal = WriteJournal()
            #expect(journal.write(0..<100, to: store) == nil)
            try store.read { snapshot in
                var cursor = snapshot.cursor(in: .all, options: .forward)
                _ = try cursor.next()
                unsafe fault_plan(fault_write, directory.path, ".log", 0, 1, EIO)
                _ = journal.write(100..<101, to: store)
                _ = fault_end()
                try wait(for: store) { $0.attempts >= 3 }
                #expect(store.storage.condition == .writesRefused)
                let other = DispatchQueue(label: "reader")
                for index in 0..<20 {
                    let value = try other.sync { try store.get("key\(index)")?.string }
                    #expect(value == WriteJournal.value(index))
                }
                var count = 1
                while try cursor.next() != nil { count += 1 }
                #expect(count == 100)
            }
            try waitUntilWell(store)
            #expect(journal.write(200..<210, to: store) == nil)
            try journal.check(store)
        }

        @Test("a close ends the tries, and gives the directory free")
        func closing() throws {
            let store = try openRecovering()
            unsafe fault_plan(fault_write, directory.path, "", 0, -1, EIO)
            #expect(failure { try store.put("a", "1") }?.outcomeIsUnknown == true)
            try wait(for: store) { $0.attempts >= 2 }
            try? store.close()
            let attempts = store.storage.attempts
            #expect(store.storage.condition == .closed)
            #expect(failure { try store.put("a", "1") }?.code == .closed)
            usleep(100_000)
            // One that was under way has ended.
            #expect(store.storage.attempts <= attempts + 1)
            _ = fault_end()
            try open(.existing).close()
        }

        @Test("with little room left writes are refused by name and number, and what removes is written")
        func lowSpace() throws {
            let store = try openRecovering()
            for index in 0..<100 { try store.put("key\(index)", "value") }
            let free = try #require(store.storage.freeBytes)
            let least = free + free / 2
            store.setLeastFreeBytes(least)
            #expect(store.storage.condition == .lowSpace)
            let error = failure { try store.put("a", "1") }
            #expect(error?.code == .writesRefused)
            #expect(error?.outcomeIsUnknown == false)
            #expect(error?.path == store.path)
            #expect(error?.message.contains("\(least)") == true)
            #expect(failure { try store.transact { $0.put("a", "1") } }?.code == .writesRefused)
            var batch = WriteBatch()
            batch.put("a", "1")
            #expect(failure { try store.write(batch) }?.code == .writesRefused)

            try store.delete("key1")
            try store.transact { transaction in
                transaction.delete("key2")
                // As an account of what is left.
                transaction.put("count", "98")
            }
            try store.clear(.prefix("key3"))
            let count = try store.count()
            #expect(count == 100 - 2 - 11 + 1)

            // Even that ends before there is none.
            store.setLeastFreeBytes(.max)
            #expect(failure { try store.delete("key4") }?.code == .writesRefused)
            store.setLeastFreeBytes(0)
            #expect(store.storage.condition == .ok)
            try store.put("a", "1")
        }

        @Test("the reserve grows with what is written, is no stranger in the directory, and goes with the database")
        func reserve() throws {
            let store = try openRecovering()
            var journal = WriteJournal()
            #expect(journal.write(0..<6_000, to: store) == nil)
            try wait(for: store) { $0.reserveBytes >= 2 << 20 }
            #expect(directory.exists("lvkv.reserve"))
            let most = store.storage.reserveBytes
            #expect(most <= 2 * (64 << 10) + (2 << 20))
            try store.close()
            let reopened = try openRecovering()
            #expect(reopened.storage.reserveBytes == most)
            try journal.check(reopened)
            try reopened.close()
            try LevelDBStore.repair(at: directory.path)
            try LevelDBStore.destroy(at: directory.path)
            #expect(!directory.exists(""))
        }

        @Test(
            "on a file system that fills up, writes stop before it is full, and go on by themselves when there is room",
            .enabled(if: SmallFileSystem.isPossible))
        func fillsUp() throws {
            let small = try SmallFileSystem(bytes: 24 << 20)
            let place = small.directory.file("db")
            let ballast = small.directory.file("ballast")
            try Data(count: 12 << 20).write(to: URL(filePath: ballast))
            let policy = DiskPolicy(firstDelay: .milliseconds(1), longestDelay: .milliseconds(20))
            var journal = WriteJournal()
            do {
                let store = try openRecovering(policy, place)
                let error = journal.write(0..<40_000, to: store)
                #expect(error?.code == .writesRefused)
                #expect(journal.unknown == [])
                #expect(store.storage.condition == .lowSpace)
                try FileManager.default.removeItem(atPath: ballast)
                try waitUntilWell(store)
                #expect(journal.write(50_000..<50_100, to: store) == nil)
                try journal.check(store)
            }
            try journal.check(LevelDBStore(at: place))
        }

        @Test(
            "on a file system that is full before anybody looks, the reserve lets the database open again",
            .enabled(if: SmallFileSystem.isPossible))
        func fullWithReserve() throws {
            let small = try SmallFileSystem(bytes: 24 << 20)
            let place = small.directory.file("db")
            let ballast = small.directory.file("ballast")
            var journal = WriteJournal()
            do {
                let store = try openRecovering(quick, place)
                #expect(journal.write(0..<3_000, to: store) == nil)
                try wait(for: store) { $0.reserveBytes > 0 }
                _ = FileManager.default.createFile(atPath: ballast, contents: nil)
                // Whatever is left goes to somebody else.
                let handle = try FileHandle(forWritingTo: URL(filePath: ballast))
                while (try? handle.write(contentsOf: Data(count: 64 << 10))) != nil {}
                while (try? handle.write(contentsOf: Data(count: 1))) != nil {}
                try handle.close()
                let error = journal.write(3_000..<6_000, to: store)
                #expect(error?.outcomeIsUnknown == true)
                // The room is the reserve's: it is open again, and takes writes until that is full.
                try wait(for: store) { $0.recoveries >= 1 }
                try journal.check(store)
                try FileManager.default.removeItem(atPath: ballast)
                try waitUntilWell(store)
                #expect(journal.write(50_000..<50_100, to: store) == nil)
                try journal.check(store)
            }
            try journal.check(LevelDBStore(at: place))
        }
    }
#endif
