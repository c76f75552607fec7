internal import Commands
internal import NIOSSL

/// TLS as the settings ask for it.
enum Encryption {
    /// What connections with TLS are opened with.
    ///
    /// - Throws: ``ServerError`` when a file is missing or is no good.
    static func context(_ settings: Settings) throws(ServerError) -> NIOSSLContext {
        try context(
            certificate: settings.text(.tlsCertificate), key: settings.text(.tlsKey),
            authorities: settings.text(.tlsAuthorities), clients: settings.text(.tlsClients))
    }

    /// - Parameters:
    ///   - certificate: the file with the server's certificate and those above it.
    ///   - key: the file with its private key.
    ///   - authorities: the file with what clients' certificates must come from; empty when they need none.
    ///   - clients: whether they must show one: `yes`, `no` or `optional`.
    private static func context(
        certificate: String, key: String, authorities: String, clients: String
    ) throws(ServerError) -> NIOSSLContext {
        guard !certificate.isEmpty, !key.isEmpty else {
            throw ServerError("a tls-port needs tls-cert-file and tls-key-file")
        }
        let chain = try load(certificate, "tls-cert-file") { try NIOSSLCertificate.fromPEMFile($0) }
        let own = try load(key, "tls-key-file") { try NIOSSLPrivateKey(file: $0, format: .pem) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(own))
        configuration.minimumTLSVersion = .tlsv12
        if !authorities.isEmpty, clients != "no" {
            let roots = try load(authorities, "tls-ca-cert-file") { try NIOSSLCertificate.fromPEMFile($0) }
            configuration.trustRoots = .certificates(roots)
            configuration.certificateVerification =
                clients == "optional" ? .optionalVerification : .noHostnameVerification
            configuration.sendCANameList = true
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw ServerError("tls-cert-file \(certificate) and tls-key-file \(key) do not go together: \(error)")
        }
    }

    private static func load<Value>(
        _ path: String, _ setting: String, _ body: (String) throws -> Value
    ) throws(ServerError) -> Value {
        do {
            return try body(path)
        } catch {
            throw ServerError("\(setting): cannot use \(path): \(error)")
        }
    }
}
