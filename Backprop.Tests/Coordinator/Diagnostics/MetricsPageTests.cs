using System.Text;
using Backprop.Coordinator.Diagnostics.Http;

namespace Backprop.Tests.Coordinator.Diagnostics;

public sealed class MetricsPageTests
{
    [Theory]
    [InlineData("backprop_train_steps_total", 256)]
    [InlineData("backprop_train_samples_total", 16_384)]
    [InlineData("backprop_train_step", 512)]
    [InlineData("backprop_train_step_limit", 690)]
    [InlineData("backprop_train_epoch", 23)]
    [InlineData("backprop_train_loss", 0.18341)]
    [InlineData("backprop_train_learning_rate", 0.003)]
    [InlineData("""backprop_evaluation{metric="accuracy"}""", 0.9462)]
    [InlineData("""backprop_run_phase{phase="computing"}""", 1)]
    [InlineData("""backprop_run_phase{phase="waiting"}""", 0)]
    [InlineData("""backprop_run_info{run="digits",identity="6f1e22"}""", 1)]
    [InlineData("""backprop_step_duration_seconds{quantile="0.5"}""", 0.0015)]
    [InlineData("""backprop_step_duration_seconds{quantile="0.95"}""", 0.00225)]
    [InlineData("backprop_step_duration_seconds_sum", 0.512)]
    [InlineData("backprop_step_duration_seconds_count", 256)]
    [InlineData("backprop_checkpoint_step", 400)]
    [InlineData("""backprop_workers{state="computing"}""", 1)]
    [InlineData("""backprop_workers{state="preparing"}""", 1)]
    [InlineData("""backprop_workers{state="idle"}""", 0)]
    [InlineData("backprop_workers_minimum", 1)]
    [InlineData("backprop_workers_joined_total", 3)]
    [InlineData("backprop_workers_lost_total", 1)]
    [InlineData("backprop_shards_computed_again_total", 4)]
    [InlineData("backprop_answers_dropped_total", 1)]
    [InlineData("""backprop_network_io_bytes_total{direction="sent"}""", 2_345_678)]
    [InlineData("""backprop_network_io_bytes_total{direction="received"}""", 1_999)]
    [InlineData("""backprop_worker_samples_per_second{worker="1",name="host-4711"}""", 20_600.5)]
    [InlineData("""backprop_worker_shards_total{worker="3",name="host-4712"}""", 2048)]
    [InlineData("""backprop_worker_received_bytes_total{worker="1",name="host-4711"}""", 999)]
    [InlineData("""backprop_worker_heartbeat_age_seconds{worker="1",name="host-4711"}""", 0.04)]
    public void A_status_in_figures(string series, double value)
    {
        MetricsParser.Of(Shown.Status).Series[series].ShouldBe(value, 1e-12);
    }

    [Fact]
    public void The_build_says_its_version()
    {
        MetricsParser.Of(Shown.Status).Of("backprop_build_info").ShouldHaveSingleItem()
            .ShouldStartWith("""backprop_build_info{version="0.1.0",commit=""");
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_still_a_number_to_Prometheus()
    {
        Loss(double.NaN).ShouldBe(double.NaN);
        Loss(double.PositiveInfinity).ShouldBe(double.PositiveInfinity);
        Loss(double.NegativeInfinity).ShouldBe(double.NegativeInfinity);
        Loss(1e-30).ShouldBe(1e-30);

        static double Loss(double value) =>
            MetricsParser.Of(Shown.Status with { Loss = value }).Series["backprop_train_loss"];
    }

    [Fact]
    public void A_worker_that_calls_itself_a_metric_remains_a_label()
    {
        const string name = "a\"} 1\nbackprop_train_loss 99\r\\";

        var page = MetricsParser.Of(Shown.Status with { Workers = [Shown.Worker(1, name)] });

        page.Series["backprop_train_loss"].ShouldBe(0.18341);
        page.Of("backprop_worker_slots").ShouldHaveSingleItem()
            .ShouldBe("""backprop_worker_slots{worker="1",name="a\"} 1 backprop_train_loss 99 \\"}""");
    }

    [Fact]
    public void Workers_without_end_do_not_make_series_without_end()
    {
        var workers = Enumerable.Range(1, 300).Select(id => Shown.Worker(id, "w")).ToArray();

        var page = MetricsParser.Of(Shown.Status with { Workers = workers });

        page.Of("backprop_worker_slots").Count().ShouldBe(200);
        page.Series["""backprop_workers{state="computing"}"""].ShouldBe(300);
    }

    [Fact]
    public void Without_workers_and_evaluations_there_are_no_empty_families()
    {
        var status = Shown.Status with { Workers = [], Evaluation = new Dictionary<string, double>() };

        var page = Encoding.UTF8.GetString(MetricsPage.Write(status));

        MetricsParser.Parse(page).Of("backprop_evaluation").ShouldBeEmpty();
        page.ShouldNotContain("backprop_worker_slots");
    }
}
