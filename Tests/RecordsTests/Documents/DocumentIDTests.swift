import Foundation
import StoreConformance
import Synchronization
import Testing

internal import KeySchemas
internal import Records

@Suite("ids of documents")
struct DocumentIDTests {
    @Test("ids of one moment differ and rise, also when the clock goes back")
    func rising() {
        var generator = SeededGenerator(seed: 7)
        var ids = DocumentIDs()
        var last = UUID128(0)
        for step in 0..<20_000 {
            let now = step < 10_000 ? UInt64(1_700_000_000_000) : 1_600_000_000_000 + UInt64(step)
            let id = ids.next(at: now, in: 1, using: &generator)
            #expect(last < id)
            #expect(id.value >> 76 & 0xF == 7)
            #expect(id.value >> 62 & 3 == 2)
            last = id
        }
    }

    @Test("a child of a fork goes on with other bits")
    func fork() {
        var generator = SeededGenerator(seed: 1)
        var parent = DocumentIDs()
        _ = parent.next(at: 10, in: 1, using: &generator)
        var child = parent
        var ids: Set<UUID128> = []
        for _ in 0..<1000 {
            ids.insert(parent.next(at: 10, in: 1, using: &generator))
            ids.insert(child.next(at: 10, in: 2, using: &generator))
        }
        #expect(ids.count == 2000)
    }

    @Test("no two ids of many threads are alike")
    func threads() {
        let all = Mutex<Set<String>>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            let mine = (0..<5_000).map { _ in DocumentIDs.next() }
            #expect(mine == mine.sorted())
            all.withLock { $0.formUnion(mine) }
        }
        #expect(all.withLock { $0.count } == 40_000)
    }
}
