import OutboundHTTP
import Testing

@Suite struct OutboundURLTests {
    @Test(
        "A URL is read into scheme, host, port and target",
        arguments: [
            ["https://shop.example/hook?a=b", "https", "shop.example", "443", "/hook?a=b", "https://shop.example"],
            ["HTTPS://Shop.Example", "https", "shop.example", "443", "/", "https://shop.example"],
            ["https://shop.example:8443?x", "https", "shop.example", "8443", "/?x", "https://shop.example:8443"],
            ["http://127.0.0.1:80/", "http", "127.0.0.1", "80", "/", "http://127.0.0.1"],
            ["https://[2001:DB8::1]:444/a", "https", "2001:db8::1", "444", "/a", "https://[2001:db8::1]:444"],
        ])
    func parts(_ texts: [String]) throws {
        let url = try OutboundURL(texts[0])
        #expect([url.scheme.rawValue, url.host, "\(url.port)", url.target, url.origin] == Array(texts[1...]))
        #expect(url.description == texts[0])
    }

    @Test(
        "What another program might read in another way is no URL",
        arguments: [
            ("ftp://shop.example/", "does not begin with https://"),
            ("shop.example/hook", "does not begin with https://"),
            ("//shop.example", "does not begin with https://"), ("https://", "names no host"),
            ("https:///hook", "names no host"), ("https://.example", "names no host"),
            ("https://a@shop.example/", "names a user; leave that out"),
            ("https://shop.example/#top", "has a fragment, which no server would see"),
            ("https://shop.example/a b", "holds a character that a URL cannot hold"),
            ("https://shop.example\\@evil.example/", "holds a character that a URL cannot hold"),
            ("https://shop.example/\r\nX: y", "holds a character that a URL cannot hold"),
            ("https://münchen.example/", "holds a character that a URL cannot hold"),
            ("https://shop.example:0/", "has a port that is none"),
            ("https://shop.example:65536/", "has a port that is none"),
            ("https://shop.example:+443/", "has a port that is none"),
            ("https://shop.example:/", "has a port that is none"),
            ("https://sh%6Fp.example/", "has a host name that is none"),
            ("https://[::1/", "has a bracket that is not closed"),
            ("https://[::1]x/", "has something behind its address"),
            ("https://[shop.example]/", "has brackets around what is no IPv6 address"),
        ])
    func refused(_ text: String, _ problem: String) {
        let error = #expect(throws: OutboundHTTPError.self) { try OutboundURL(text) }
        #expect(error?.reason == .invalidURL && error?.text == problem)
    }

    @Test("A URL has 2,048 characters at most")
    func length() throws {
        let head = "https://shop.example/"
        let longest = head + String(repeating: "a", count: OutboundURL.maximumLength - head.utf8.count)
        #expect(try OutboundURL(longest).description == longest)
        #expect(throws: OutboundHTTPError.self) { try OutboundURL(longest + "a") }
    }
}
