// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that building lvkv never builds this.
let package = Package(
    name: "lvkv-benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "lvkv", path: "..")],
    targets: [
        .executableTarget(
            name: "Bench",
            dependencies: [.product(name: "LVKV", package: "lvkv")],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableExperimentalFeature("Lifetimes"),
                .treatAllWarnings(as: .error),
            ]
        )
    ]
)
