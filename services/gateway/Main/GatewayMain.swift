import GatewayService
import ServiceKit

/// The gateway's process.
@main
enum GatewayMain {
    static func main() async {
        await ServiceProcess.run(GatewayService.definition, compose: GatewayService.compose)
    }
}
