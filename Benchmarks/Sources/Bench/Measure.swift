#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs `body` and prints one JSON line: the operations, the wall and CPU time of an operation, and the sum
/// that `body` returns over what it read, so that the sides of a comparison can be held against each other.
func measure(_ work: String, operations: Int, _ body: () throws -> Int) rethrows {
    let cpuBefore = cpuNanoseconds()
    let start = ContinuousClock.now
    let sum = try measuredWork(body)
    let elapsed = ContinuousClock.now - start
    let cpu = cpuNanoseconds() - cpuBefore
    let wall = Double(elapsed.components.seconds) * 1e9 + Double(elapsed.components.attoseconds) / 1e9
    let count = Double(operations)
    print(
        #"{"work":"\#(work)","operations":\#(operations),"wall_ns":\#(wall / count),"#
            + #""cpu_ns":\#(cpu / count),"sum":\#(sum)}"#)
}

/// Compiled as it stands, so that a profiler finds the work, and nothing else, under this one name.
@inline(never)
@_optimize(none)
private func measuredWork(_ body: () throws -> Int) rethrows -> Int { try body() }

/// The CPU time of this process so far, LevelDB's background thread included.
private func cpuNanoseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}
