using System.Text;
using Backprop.Coordinator.Storage;
using Backprop.Shared.Primitives;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Storage;

public sealed class SummaryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Its_names_and_numbers_are_those_that_scripts_know()
    {
        Encoding.UTF8.GetString(Example().ToJson()).ShouldBe(
            """
            {
              "status": "completed",
              "steps": 690,
              "epochs": 30,
              "samples": 43140,
              "loss": 0.1,
              "evaluation": {
                "loss": null,
                "accuracy": 0.975
              },
              "evaluationStep": 690,
              "best": {
                "step": 368,
                "epoch": 16,
                "evaluation": {
                  "loss": 0.11,
                  "accuracy": 0.98
                },
                "checkpoint": "checkpoints/step-00000368.safetensors"
              },
              "checkpoint": "checkpoints/step-00000690.safetensors",
              "weightsSha256": "ab12",
              "samplesPerSecond": 12345.5,
              "stepMilliseconds": {
                "median": 0.25,
                "p95": 0.5
              },
              "secondsTraining": 3.5,
              "workers": 2,
              "bytesSent": 0,
              "bytesReceived": 4000000000000,
              "workersJoined": 0,
              "workersLost": 1,
              "shardsComputedAgain": 3,
              "numericsVersion": 1
            }
            """.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("stopped")]
    [InlineData("diverged")]
    [InlineData("failed")]
    public void Every_status_is_written_in_lower_case(string status)
    {
        var json = Encoding.UTF8.GetString((Example() with { Status = Enum.Parse<RunStatus>(status, ignoreCase: true) }).ToJson());

        json.ShouldContain($"\"status\": \"{status}\"");
    }

    [Fact]
    public void It_replaces_an_older_one_whole_and_comes_back()
    {
        File.WriteAllText(_folder["summary.json"], "half of");

        (Example() with { Loss = double.NaN }).Write(_folder["summary.json"]);

        var read = Summary.Read(_folder["summary.json"]);
        read.Loss.ShouldBe(double.NaN);
        read.Evaluation["accuracy"].ShouldBe(0.975);
        (read.Best!.Step, read.Best.Checkpoint).ShouldBe((368L, "checkpoints/step-00000368.safetensors"));
        Directory.GetFiles(_folder.Path).Length.ShouldBe(1);
    }

    [Fact]
    public void What_is_no_summary_or_cannot_be_written_is_a_storage_error()
    {
        File.WriteAllText(_folder["summary.json"], "half of");

        Should.Throw<UserException>(() => Summary.Read(_folder["summary.json"])).ExitCode.ShouldBe(ExitCode.Storage);
        Should.Throw<UserException>(() => Example().Write(_folder["none/summary.json"])).ExitCode.ShouldBe(ExitCode.Storage);
    }

    private static Summary Example() => Summaries.Completed with
    {
        Evaluation = new Dictionary<string, double> { ["loss"] = double.NaN, ["accuracy"] = 0.975 },
        BytesReceived = 4_000_000_000_000,
        WorkersLost = 1,
        ShardsComputedAgain = 3,
    };
}
