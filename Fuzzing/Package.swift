// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that building lvkv never builds this. `Library` is lvkv's Sources: what is fuzzed is compiled
// here once more, with the fuzzer's instruments in it, and only that.
let package = Package(
    name: "lvkv-fuzzing",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CLevelDB", path: "Library/CLevelDB"),
        .target(name: "OrderedStore", path: "Library/OrderedStore"),
        .target(name: "LevelDB", dependencies: ["OrderedStore", "CLevelDB"], path: "Library/LevelDB"),
        .target(name: "KeySchemas", dependencies: ["OrderedStore"], path: "Library/KeySchemas"),
        .target(name: "Records", dependencies: ["KeySchemas", "OrderedStore", "Yams"], path: "Library/Records"),
        .target(name: "Structures", dependencies: ["KeySchemas", "OrderedStore"], path: "Library/Structures"),
        .target(
            name: "LVKV", dependencies: ["Records", "Structures", "KeySchemas", "LevelDB", "OrderedStore"],
            path: "Library/LVKV"),
        .target(
            name: "Commands", dependencies: ["Records", "Structures", "KeySchemas", "OrderedStore"],
            path: "Library/Commands"),
        .target(
            name: "RESP", dependencies: [.product(name: "NIOCore", package: "swift-nio")], path: "Library/RESP"),
        // The server's parsers without its sockets, and the tool's texts without its commands.
        .target(
            name: "Dialects",
            dependencies: [
                "Commands", "RESP", "Records", "OrderedStore", .product(name: "NIOCore", package: "swift-nio"),
            ],
            path: "Library/LVKVServer/Dialects", exclude: ["DialectConnection.swift"]),
        .target(
            name: "Texts", dependencies: ["LVKV"], path: "Library/LVKVTool",
            sources: [
                "Failure.swift", "Support/SystemCall.swift", "Text/Bytes.swift", "Text/CSVReader.swift",
                "Text/CSVText.swift",
            ]),
        .target(name: "FuzzMain"),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "FuzzMain", "Dialects", "Texts", "LVKV", "Commands", "RESP", "Records", "Structures", "KeySchemas",
                "LevelDB", "OrderedStore",
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableExperimentalFeature("Lifetimes"),
        .enableExperimentalFeature("SuppressedAssociatedTypes"),
        .strictMemorySafety(),
    ]
}
