extension StaffPage {
    /// Mustache; every value is escaped.
    static let source = #"""
        <h1>{{brand}}</h1>
        {{#isWithoutAnything}}
        <p>Your role sees neither privacy requests nor keys nor the audit log; ask an owner of {{brand}} for another.</p>
        {{/isWithoutAnything}}
        {{#maySeeRequests}}
        <h2>Privacy requests</h2>
        {{#hasRequests}}
        <table>
        <tr><th>Asked for</th><th>Law</th><th>Stands at</th><th>Received</th><th>To be answered by</th></tr>
        {{#requests}}
        <tr><td>{{kind}}<br><span class="quiet">{{id}}</span></td><td>{{regulation}}</td><td>{{status}}</td><td>{{receivedAt}}</td><td>{{#isPressing}}<span class="bad">{{due}}</span>{{/isPressing}}{{^isPressing}}{{due}}{{/isPressing}}</td></tr>
        {{/requests}}
        </table>
        {{/hasRequests}}
        {{^hasRequests}}<p>Nobody has asked for anything.</p>{{/hasRequests}}
        {{/maySeeRequests}}
        {{#maySeeKeys}}
        <h2>Keys</h2>
        {{#hasKeys}}
        <table>
        <tr><th>Key</th><th>May</th><th>State</th><th class="number">Requests</th><th>Last used</th></tr>
        {{#keys}}
        <tr><td>{{name}}<br><span class="quiet">{{kid}}</span></td><td>{{scopes}}</td><td>{{#isActive}}<span class="good">{{status}}</span>{{/isActive}}{{^isActive}}{{status}}{{/isActive}}</td><td class="number">{{requests}}</td><td>{{lastUsedAt}}</td></tr>
        {{/keys}}
        </table>
        {{/hasKeys}}
        {{^hasKeys}}<p>There is no key yet.</p>{{/hasKeys}}
        {{/maySeeKeys}}
        {{#maySeeAudit}}
        <h2>Audit log</h2>
        {{#head}}
        <p>{{entries}} entries, signed at {{signedAt}}.</p>
        <table>
        <tr><th>Root</th><td><code>{{rootHash}}</code></td></tr>
        <tr><th>Signed with</th><td><code>{{publicKey}}</code></td></tr>
        </table>
        <p class="quiet">Whoever wrote a root down earlier proves with gyre audit verify that nothing before it was changed.</p>
        {{/head}}
        {{^head}}<p>Nothing was recorded yet.</p>{{/head}}
        {{/maySeeAudit}}
        {{#more}}<p class="quiet">{{.}}</p>{{/more}}
        """#
}
