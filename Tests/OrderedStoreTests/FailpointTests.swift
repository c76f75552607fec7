#if DEBUG
    import Foundation
    import OrderedStore
    import Testing

    @Suite("Failpoints")
    struct FailpointTests {
        @Test("the process is killed at the n-th pass of the place that the environment names, and at no other")
        func killed() async {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                unsafe setenv("LVKV_FAILPOINT", "index-build:3", 1)
                for _ in 0..<5 { Failpoint.reclaim.pass() }
                Failpoint.indexBuild.pass()
                Failpoint.indexBuild.pass()
                Failpoint.indexBuild.pass()
                exit(0)
            }
            await #expect(processExitsWith: .success) {
                unsafe setenv("LVKV_FAILPOINT", "index-build:3", 1)
                for _ in 0..<5 { Failpoint.reclaim.pass() }
                Failpoint.indexBuild.pass()
                Failpoint.indexBuild.pass()
            }
        }

        @Test("a plan that names no place is refused, rather than killing nothing")
        func unknown() async {
            for plan in ["index:1", "index-build", "index-build:0", "index-build:x", ""] {
                await #expect(processExitsWith: .failure) { [plan = plan as String] in
                    unsafe setenv("LVKV_FAILPOINT", plan, 1)
                    Failpoint.reclaim.pass()
                    exit(0)
                }
            }
        }
    }
#endif
