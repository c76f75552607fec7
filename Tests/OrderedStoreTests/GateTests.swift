internal import Foundation
internal import OrderedStore
internal import StoreConformance
internal import Synchronization
internal import Testing

@Suite("The gate")
struct GateTests {
    /// Counts those inside, and those that saw somebody who should not be there.
    private final class Watch: Sendable {
        let shared = Atomic<Int>(0)
        let alone = Atomic<Int>(0)
        let violations = Atomic<Int>(0)

        func beShared() {
            shared.wrappingAdd(1, ordering: .sequentiallyConsistent)
            if alone.load(ordering: .sequentiallyConsistent) != 0 { blame() }
            shared.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        }

        func beAlone() {
            if alone.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue != 0 { blame() }
            for _ in 0..<20 where shared.load(ordering: .sequentiallyConsistent) != 0 { blame() }
            alone.wrappingSubtract(1, ordering: .sequentiallyConsistent)
        }

        private func blame() { violations.wrappingAdd(1, ordering: .relaxed) }
    }

    @Test("whoever is alone is alone, under contention")
    func exclusion() throws {
        let (gate, watch) = (Gate(), Watch())
        let entries = Atomic<Int>(0)
        try onThreads(8) { thread in
            for round in 0..<2000 {
                switch (thread + round) % 4 {
                case 0 where thread < 4:
                    if gate.enterAlone() {
                        watch.beAlone()
                        entries.wrappingAdd(1, ordering: .relaxed)
                        gate.leaveAlone()
                    }
                case 1:
                    if let scope = gate.enterScope() {
                        watch.beShared()
                        if gate.enter() {
                            watch.beShared()
                            gate.leave()
                        }
                        entries.wrappingAdd(1, ordering: .relaxed)
                        gate.leaveScope(scope)
                    }
                default:
                    if gate.enter() {
                        watch.beShared()
                        entries.wrappingAdd(1, ordering: .relaxed)
                        gate.leave()
                    }
                }
            }
        }
        let (violations, entered) = (watch.violations.load(ordering: .relaxed), entries.load(ordering: .relaxed))
        #expect(violations == 0)
        #expect(entered == 8 * 2000, "each entered each time")
    }

    @Test("a plain counter that is changed alone loses nothing, whatever memory order the processor has")
    func visibility() throws {
        final class Counter: @unchecked Sendable { var value = 0 }
        let (gate, counter) = (Gate(), Counter())
        try onThreads(4) { _ in
            for round in 0..<3000 {
                if gate.enterAlone() {
                    counter.value += 1
                    gate.leaveAlone()
                }
                if round % 3 == 0, gate.enter() { gate.leave() }
            }
        }
        #expect(counter.value == 4 * 3000)
    }

    @Test("a scope may enter again and again while somebody waits to be alone")
    func reentrance() throws {
        let gate = Gate()
        for _ in 0..<100 {
            let isInside = DispatchSemaphore(value: 0)
            let isTrying = DispatchSemaphore(value: 0)
            try onThreads(2) { thread in
                if thread == 0 {
                    guard let outer = gate.enterScope() else { throw Refused() }
                    isInside.signal()
                    isTrying.wait()
                    for _ in 0..<50 {
                        guard gate.enter(), let inner = gate.enterScope() else { throw Refused() }
                        sched_yield()
                        gate.leaveScope(inner)
                        gate.leave()
                    }
                    gate.leaveScope(outer)
                } else {
                    isInside.wait()
                    isTrying.signal()
                    guard gate.enterAlone() else { throw Refused() }
                    gate.leaveAlone()
                }
            }
        }
    }

    private struct Refused: Error {}

    @Test("what would wait for itself is told so, and nothing is left entered")
    func refusals() throws {
        let gate = Gate()
        let scope = try #require(gate.enterScope())
        #expect(!gate.enterAlone(), "alone inside its own scope")
        let inner = try #require(gate.enterScope())
        gate.leaveScope(inner)
        #expect(!gate.enterAlone(), "alone inside the outer scope that is left")
        gate.leaveScope(scope)
        #expect(gate.enterAlone())
        #expect(!gate.enterAlone(), "alone twice")
        #expect(!gate.enter(), "a call while this thread is alone")
        #expect(gate.enterScope() == nil, "a scope while this thread is alone")
        gate.leaveAlone()
        #expect(gate.enter())
        gate.leave()
        #expect(gate.enterAlone(), "nothing is left inside")
        gate.leaveAlone()
    }

    @Test("whoever wants to be alone waits for all that are inside, in calls and in scopes")
    func waiting() throws {
        let gate = Gate()
        for round in 0..<50 {
            let isInside = DispatchSemaphore(value: 0)
            let hasLeft = Atomic<Bool>(false)
            let cameEarly = Atomic<Bool>(false)
            try onThreads(2) { thread in
                if thread == 0 {
                    let scope = round % 2 == 0 ? gate.enterScope() : nil
                    guard scope != nil || gate.enter() else { throw Refused() }
                    isInside.signal()
                    // Gives the other thread every chance to come in where it must not.
                    for _ in 0..<100 { sched_yield() }
                    usleep(1000)
                    hasLeft.store(true, ordering: .sequentiallyConsistent)
                    if let scope { gate.leaveScope(scope) } else { gate.leave() }
                } else {
                    isInside.wait()
                    guard gate.enterAlone() else { throw Refused() }
                    if !hasLeft.load(ordering: .sequentiallyConsistent) {
                        cameEarly.store(true, ordering: .sequentiallyConsistent)
                    }
                    gate.leaveAlone()
                }
            }
            let isEarly = cameEarly.load(ordering: .sequentiallyConsistent)
            #expect(!isEarly, "round \(round)")
        }
    }

    @Test("a scope may be left from another thread")
    func leavingElsewhere() throws {
        let gate = Gate()
        let scope = try #require(gate.enterScope())
        try onThreads(1) { _ in gate.leaveScope(scope) }
        #expect(gate.enterAlone())
        gate.leaveAlone()
    }

    @Test("who wants to be alone by turns lets in those for whom somebody inside waits", .timeLimit(.minutes(1)))
    func turns() throws {
        let (gate, other) = (Gate(), Gate())
        let isInside = DispatchSemaphore(value: 0)
        let isWanted = DispatchSemaphore(value: 0)
        let ends = Mutex<[String]>([])
        try onThreads(3) { thread in
            switch thread {
            case 0:
                // Inside here, it wants to enter there,
                guard let scope = gate.enterScope() else { throw Refused() }
                isInside.signal()
                isInside.signal()
                isWanted.wait()
                guard other.enter() else { throw Refused() }
                other.leave()
                ends.withLock { $0.append("inside") }
                gate.leaveScope(scope)
            case 1:
                // where somebody is alone who wants to enter here,
                isInside.wait()
                guard other.enterAlone() else { throw Refused() }
                usleep(20_000)
                isWanted.signal()
                guard gate.enter() else { throw Refused() }
                gate.leave()
                ends.withLock { $0.append("alone there") }
                other.leaveAlone()
            default:
                // and somebody wants to be alone here.
                isInside.wait()
                guard gate.enterAloneByTurns() else { throw Refused() }
                ends.withLock { $0.append("alone here") }
                if gate.enterAloneByTurns() { ends.withLock { $0.append("alone twice") } }
                gate.leaveAlone()
            }
        }
        #expect(ends.withLock { $0 } == ["alone there", "inside", "alone here"])
    }

    @Test("a stream of calls cannot keep out whoever wants to be alone")
    func starvation() throws {
        let gate = Gate()
        let isDone = Atomic<Bool>(false)
        try onThreads(5) { thread in
            if thread == 0 {
                for _ in 0..<50 where gate.enterAlone() { gate.leaveAlone() }
                isDone.store(true, ordering: .releasing)
            } else {
                while !isDone.load(ordering: .acquiring) {
                    if gate.enter() { gate.leave() }
                }
            }
        }
        let gotIn = isDone.load(ordering: .acquiring)
        #expect(gotIn)
    }
}
