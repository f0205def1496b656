import ServiceKit
import TenancyService

/// The tenancy service's process.
@main
enum TenancyMain {
    static func main() async {
        await ServiceProcess.run(TenancyService.definition, compose: TenancyService.compose)
    }
}
