import ServiceKit
import SignalsService

/// The signals service's process.
@main
enum SignalsMain {
    static func main() async {
        await ServiceProcess.run(SignalsService.definition, compose: SignalsService.compose)
    }
}
