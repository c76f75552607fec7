internal import Records
internal import Synchronization

/// The values of a server's settings. Safe from any thread.
package final class Settings: Sendable {
    private struct State {
        /// What was given, in its usual form.
        var values: [String: String] = [:]
        var observers: [@Sendable (Setting) -> Void] = []
        var rewriter: (@Sendable (Settings) throws -> Void)?
    }

    /// All settings, by name.
    private let known: [String: Setting]
    private let state = Mutex(State())

    /// The standard values of all settings of ``Setting/all``.
    package init() {
        known = Dictionary(Setting.all.map { ($0.name, $0) }) { first, _ in first }
    }

    /// The setting of that name, in any case; `nil` when there is none.
    package func setting(_ name: String) -> Setting? { known[name.lowercased()] }

    /// Gives a setting its value before the server starts.
    ///
    /// - Throws: ``SettingError`` when there is no such setting, or it does not take the value.
    package func assign(_ name: String, _ text: String) throws(SettingError) {
        guard let setting = setting(name) else { throw unknown(name) }
        let value = try setting.normalized(text)
        state.withLock { $0.values[setting.name] = value }
    }

    /// Changes settings of a running server: all, or none of them.
    ///
    /// - Throws: ``SettingFailure`` with the name of the setting that cannot be changed.
    package func change(_ pairs: [(name: String, text: String)]) throws(SettingFailure) {
        var changes: [(Setting, String)] = []
        for (name, text) in pairs {
            guard let setting = setting(name) else { throw SettingFailure(name: name, error: nil) }
            guard setting.isLive else {
                throw SettingFailure(name: name, error: SettingError("can't set immutable config"))
            }
            guard !changes.contains(where: { $0.0.name == setting.name }) else {
                throw SettingFailure(name: name, error: SettingError("duplicate parameter"))
            }
            do throws(SettingError) {
                changes.append((setting, try setting.normalized(text)))
            } catch {
                throw SettingFailure(name: setting.name, error: error)
            }
        }
        let observers = state.withLock { state in
            for (setting, value) in changes { state.values[setting.name] = value }
            return state.observers
        }
        for (setting, _) in changes {
            for observer in observers { observer(setting) }
        }
    }

    /// Has `observer` called after each later change of a setting, on the thread that changes it.
    package func observe(_ observer: @escaping @Sendable (Setting) -> Void) {
        state.withLock { $0.observers.append(observer) }
    }

    /// How `CONFIG REWRITE` keeps the values; `nil` when the server was started without a file.
    package var rewriter: (@Sendable (Settings) throws -> Void)? {
        get { state.withLock { $0.rewriter } }
        set { state.withLock { $0.rewriter = newValue } }
    }

    private func unknown(_ name: String) -> SettingError {
        let nearest = Spelling.nearest(to: name.lowercased(), among: Setting.all.map(\.name))
        return SettingError("there is no setting '\(name)'" + (nearest.map { "; did you mean \($0)?" } ?? ""))
    }
}

/// Why `CONFIG SET` changed nothing.
package struct SettingFailure: Error, Hashable, Sendable {
    /// The setting, as it was named.
    package let name: String
    /// What is wrong; `nil` when there is no such setting.
    package let error: SettingError?
}

// MARK: - Values

extension Settings {
    /// The value of a setting in its usual form; of a secret its digest.
    package func text(_ setting: Setting) -> String {
        state.withLock { $0.values[setting.name] } ?? setting.standard
    }

    /// The value as `CONFIG GET` shows it.
    package func shown(_ setting: Setting) -> String { setting.isSecret ? "" : text(setting) }

    /// Whether a value was given that is not the standard one.
    package func isChanged(_ setting: Setting) -> Bool { text(setting) != setting.standard }

    /// The value of a setting that is a number.
    package func integer(_ setting: Setting) -> Int { Int(text(setting)) ?? 0 }

    /// The value of a setting that is `yes` or `no`.
    package func isOn(_ setting: Setting) -> Bool { text(setting) == "yes" }

    /// The words of a setting that is a list.
    package func words(_ setting: Setting) -> [String] {
        text(setting).split { $0 == " " || $0 == "," }.map(String.init)
    }
}
