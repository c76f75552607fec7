// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "lvkv",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "LVKV", targets: ["LVKV"]),
        .library(name: "LevelDB", targets: ["LevelDB"]),
        .library(name: "StoreConformance", targets: ["StoreConformance"]),
        .executable(name: "lvkv", targets: ["LVKVTool"]),
    ],
    dependencies: [
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CLevelDB",
            providers: [.apt(["libleveldb-dev"]), .brew(["leveldb"])]
        ),
        .target(name: "OrderedStore"),
        .target(name: "LevelDB", dependencies: ["OrderedStore", "CLevelDB"]),
        .target(name: "KeySchemas", dependencies: ["OrderedStore"]),
        .target(name: "Records", dependencies: ["KeySchemas", "OrderedStore", "Yams"]),
        .target(name: "Structures", dependencies: ["KeySchemas", "OrderedStore"]),
        .target(name: "LVKV", dependencies: ["Records", "Structures", "KeySchemas", "LevelDB", "OrderedStore"]),
        .target(name: "Commands", dependencies: ["Records", "Structures", "KeySchemas", "OrderedStore"]),
        .target(name: "RESP", dependencies: [.product(name: "NIOCore", package: "swift-nio")]),
        .target(
            name: "LVKVServer",
            dependencies: [
                "Commands", "RESP", "Records", "OrderedStore",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "LVKVTool",
            dependencies: [
                "LVKV", "LVKVServer", "Records", "Commands", "RESP",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ]
        ),

        // The suite that every engine passes; a library, so that whoever writes an engine can run it.
        .target(name: "StoreConformance", dependencies: ["OrderedStore"], path: "Tests/StoreConformance"),
        .testTarget(name: "OrderedStoreTests", dependencies: ["OrderedStore", "StoreConformance"]),
        // Disk errors on demand, for tests.
        .target(name: "SystemFaults", path: "Tests/SystemFaults"),
        // What the fault laboratory (scripts/faults) breaks.
        .executableTarget(name: "FaultVictim", dependencies: ["LVKV"], path: "Tests/FaultVictim"),
        .testTarget(
            name: "LevelDBTests", dependencies: ["LevelDB", "OrderedStore", "StoreConformance", "SystemFaults"]),
        .testTarget(name: "KeySchemasTests", dependencies: ["KeySchemas", "OrderedStore", "StoreConformance"]),
        .testTarget(
            name: "StructuresTests",
            dependencies: ["Structures", "KeySchemas", "LevelDB", "OrderedStore", "StoreConformance"]),
        .testTarget(
            name: "LVKVTests", dependencies: ["LVKV", "Records", "Structures", "OrderedStore", "StoreConformance"]),
        .testTarget(
            name: "CommandsTests",
            dependencies: ["Commands", "Records", "Structures", "LevelDB", "OrderedStore", "StoreConformance"]),
        .testTarget(
            name: "LVKVServerTests",
            dependencies: [
                "LVKVServer", "LVKVTool", "LVKV", "Commands", "RESP", "Records", "Structures", "OrderedStore",
                "StoreConformance",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        .testTarget(
            name: "RESPTests",
            dependencies: ["RESP", "StoreConformance", .product(name: "NIOCore", package: "swift-nio")]),
        .testTarget(
            name: "RecordsTests",
            dependencies: ["Records", "KeySchemas", "LevelDB", "OrderedStore", "StoreConformance"]),
        .testTarget(
            name: "LVKVToolTests",
            dependencies: [
                "LVKVTool", "LVKV", "Records", "RESP", "StoreConformance",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ]),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        // `any` marks what costs a box and a witness call.
        .enableUpcomingFeature("ExistentialAny"),
        // A file names each module whose members it uses, so the arrows between targets stay visible.
        .enableUpcomingFeature("MemberImportVisibility"),
        // A dependency shows in our interface only where it says `public import`.
        .enableUpcomingFeature("InternalImportsByDefault"),
        // Cursors lend keys and values without copying: `~Escapable` types and `@_lifetime`.
        .enableExperimentalFeature("Lifetimes"),
        // A store's snapshot and cursor types need be neither copyable nor escapable.
        .enableExperimentalFeature("SuppressedAssociatedTypes"),
        // Each use of an unsafe construct is marked where it stands.
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
    ]
}
