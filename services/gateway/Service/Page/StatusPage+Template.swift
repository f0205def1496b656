extension StatusPage {
    /// Mustache; every value is escaped.
    static let source = #"""
        <h1>Gyre: {{#isAllReady}}<span class="good">everything is running</span>{{/isAllReady}}{{^isAllReady}}<span class="bad">something is not running</span>{{/isAllReady}}</h1>
        <table>
        <tr><th>Service</th><th>State</th><th></th></tr>
        {{#services}}
        <tr><td>{{name}}</td><td>{{#isReady}}<span class="good">ready</span>{{/isReady}}{{^isReady}}<span class="bad">not ready</span>{{/isReady}}</td><td class="quiet">{{detail}}</td></tr>
        {{/services}}
        </table>
        <h2>Brands</h2>
        {{#hasBrands}}
        <table>
        <tr><th>Brand</th><th class="number">People</th><th class="number">Signals</th><th class="number">Revenue</th><th>Arrivals, last hour</th></tr>
        {{#brands}}
        <tr>
        <td>{{name}} <span class="quiet">{{industry}}</span><br><span class="quiet">{{id}}</span></td>
        <td class="number">{{people}}</td><td class="number">{{signals}}</td><td class="number">{{revenue}}</td>
        <td><svg class="hour" viewBox="0 0 60 24" preserveAspectRatio="none" role="img" aria-label="{{hour}}">{{#bars}}<rect x="{{x}}" y="{{y}}" width="0.8" height="{{height}}"><title>{{label}}</title></rect>{{/bars}}</svg><br><span class="quiet">{{hour}}</span></td>
        </tr>
        {{/brands}}
        </table>
        {{/hasBrands}}
        {{#moreBrands}}<p class="quiet">{{.}}</p>{{/moreBrands}}
        <h2>What to do next</h2>
        {{^isAllReady}}
        <p>See what is wrong, and how to mend it:</p>
        <pre>gyre doctor</pre>
        {{/isAllReady}}
        {{#isWithoutBrands}}
        <p>There is no brand yet. Make one, and a key for it:</p>
        <pre>gyre brands provision "My brand"
        gyre keys create --brand ID --name "first key" --scope "*:*"</pre>
        {{/isWithoutBrands}}
        {{#isWithoutSignals}}
        <p>No signals yet. Bring some in:</p>
        <pre>gyre import orders.csv --mapping orders.yaml
        gyre call signals.track '{"event": "Order Completed", "userId": "1", "revenue": "9.90", "currency": "EUR"}'</pre>
        {{/isWithoutSignals}}
        {{#hasBrands}}
        <p>Look closer:</p>
        <pre>gyre tail
        gyre call signals.summarize '{"by": "day"}'
        gyre call actors.list '{"limit": 10}'</pre>
        {{/hasBrands}}
        """#
}
