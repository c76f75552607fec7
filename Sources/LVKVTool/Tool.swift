internal import ArgumentParser
internal import LVKV

@main
struct Tool: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lvkv", abstract: "Ordered keys with prefix schemas, kept by LevelDB.")
}
