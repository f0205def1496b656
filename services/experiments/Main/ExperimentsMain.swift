import ExperimentsService
import ServiceKit

/// The experiments service's process.
@main
enum ExperimentsMain {
    static func main() async {
        await ServiceProcess.run(ExperimentsService.definition, compose: ExperimentsService.compose)
    }
}
