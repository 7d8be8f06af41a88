using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Diagnostics;

public sealed class ClusterHttpTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly FixedStatus _source = new(Shown.Status);
    private readonly ClusterHttp _http;
    private readonly HostPort _address;

    public ClusterHttpTests()
    {
        _http = ClusterHttp.Start(new HostPort("127.0.0.1", 0), _source, _clock);
        _address = HostPort.Parse(_http.Address, "address");
    }

    public void Dispose() => _http.Dispose();

    [Fact]
    public void The_status_is_camel_case_json_and_comes_back()
    {
        var answer = Ask("GET /status HTTP/1.1");

        answer.Code.ShouldBe(200);
        answer.Header("Content-Type").ShouldBe("application/json; charset=utf-8");
        var page = JsonDocument.Parse(answer.Body).RootElement;
        page.GetProperty("medianStepMilliseconds").GetDouble().ShouldBe(1.5);
        page.GetProperty("workers")[0].GetProperty("bytesSent").GetInt64().ShouldBe(1_172_839);
        page.GetProperty("evaluation").GetProperty("accuracy").GetDouble().ShouldBe(0.9462);
        var (_, status) = StatusClient.Read(_address);
        (status with { Workers = [], Evaluation = Shown.Status.Evaluation, Best = Shown.Status.Best })
            .ShouldBe(Shown.Status with { Workers = [] });
        status.Workers.ShouldBe(Shown.Status.Workers);
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_null()
    {
        _source.Status = Shown.Status with { Loss = double.NaN };

        JsonDocument.Parse(Ask("GET /status HTTP/1.1").Body).RootElement.GetProperty("loss").ValueKind.ShouldBe(JsonValueKind.Null);
        StatusClient.Read(_address).Status.Loss.ShouldBe(double.NaN);
    }

    [Fact]
    public void Metrics_are_Prometheus_text()
    {
        var answer = Ask("GET /metrics HTTP/1.1");

        answer.Header("Content-Type").ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        MetricsParser.Parse(answer.Body).Series["backprop_train_step"].ShouldBe(512);
    }

    [Fact]
    public void Alive_is_whoever_answers()
    {
        _source.Status = Shown.Status with { Phase = "waiting" };

        Ask("GET /livez HTTP/1.1").Code.ShouldBe(200);
    }

    [Theory]
    [InlineData("starting", 0, "The run has not begun.")]
    [InlineData("waiting", 1, "The run waits for workers: 1 of at least 2 are there.")]
    [InlineData("paused", 0, "The run is paused.")]
    [InlineData("holding", 0, "The run waits for workers: 0 of at least 2 are there.")]
    [InlineData("completed", 2, "The run is over: completed.")]
    [InlineData("failed", 2, "The run is over: failed.")]
    public void Not_ready_says_why(string phase, int present, string sentence)
    {
        _source.Status = Shown.Status with { Phase = phase, WorkersPresent = present, WorkersMinimum = 2 };

        var answer = Ask("GET /readyz HTTP/1.1");

        (answer.Code, answer.Body).ShouldBe((503, sentence + "\n"));
    }

    [Fact]
    public void Ready_is_a_run_that_goes_on() => Ask("GET /readyz HTTP/1.1").Code.ShouldBe(200);

    [Fact]
    public void A_head_has_the_headers_alone()
    {
        var answer = Ask("HEAD /status HTTP/1.1");

        (answer.Code, answer.Body).ShouldBe((200, ""));
        int.Parse(answer.Header("Content-Length")!, null).ShouldBeGreaterThan(500);
    }

    [Theory]
    [InlineData("/status")]
    [InlineData("/none")]
    public void Nothing_is_kept_sniffed_or_shared_and_no_server_is_named(string path)
    {
        var answer = Ask($"GET {path} HTTP/1.1", more: "Origin: http://example.org\r\n");

        answer.Header("Cache-Control").ShouldBe("no-store");
        answer.Header("X-Content-Type-Options").ShouldBe("nosniff");
        answer.Header("Server").ShouldBeNull();
        answer.Header("Access-Control-Allow-Origin").ShouldBeNull();
    }

    [Theory]
    [InlineData("POST /status HTTP/1.1", 405)]
    [InlineData("DELETE /status HTTP/1.1", 405)]
    [InlineData("GET /Status HTTP/1.1", 404)]
    [InlineData("GET / HTTP/1.1", 404)]
    [InlineData("GET /status/../../etc/passwd HTTP/1.1", 404)]
    [InlineData("GET nonsense", 400)]
    public void What_is_not_there_is_refused(string request, int code) => Ask(request).Code.ShouldBe(code);

    [Fact]
    public void A_method_that_is_refused_is_told_which_are_not() => Ask("PUT /metrics HTTP/1.1").Header("Allow").ShouldBe("GET, HEAD");

    [Theory]
    [InlineData("localhost:8470", 200)]
    [InlineData("LOCALHOST", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("[::1]:99", 200)]
    [InlineData("10.1.2.3:8470", 200)]
    [InlineData("example.org", 403)]
    [InlineData("127.0.0.1.example.org:8470", 403)]
    [InlineData("", 400)]
    public void Who_asks_under_a_foreign_name_is_refused(string host, int code) => Ask("GET /status HTTP/1.1", host).Code.ShouldBe(code);

    [Fact]
    public void Requests_beyond_all_bounds_are_refused()
    {
        Ask($"GET /{new string('a', 4000)} HTTP/1.1").Code.ShouldBe(414);
        Ask("GET /status HTTP/1.1", more: $"A: {new string('a', 10_000)}\r\n").Code.ShouldBe(431);
        Ask("GET /status HTTP/1.1", more: string.Concat(Enumerable.Range(0, 60).Select(i => $"A{i}: 1\r\n"))).Code.ShouldBe(431);
    }

    [Fact]
    public void However_many_ask_the_source_is_read_ten_times_a_second()
    {
        for (var i = 0; i < 5; i++)
        {
            Ask("GET /status HTTP/1.1").Code.ShouldBe(200);
            Ask("GET /metrics HTTP/1.1").Code.ShouldBe(200);
        }

        _source.Reads.ShouldBe(1);
        _clock.Advance(0.1);
        Ask("GET /readyz HTTP/1.1");
        _source.Reads.ShouldBe(2);
    }

    [Fact]
    public void A_port_in_use_is_a_sentence()
    {
        var problem = Should.Throw<UserException>(() => ClusterHttp.Start(_address, _source, _clock));

        problem.ExitCode.ShouldBe(ExitCode.Usage);
        problem.Message.ShouldBe(
            $"The status page cannot be at {_address}: the port is in use; give another address as --http HOST:PORT, or --http none.");
    }

    [Fact]
    public void An_address_of_another_machine_is_a_sentence() =>
        Should.Throw<UserException>(() => ClusterHttp.Start(new HostPort("192.0.2.1", 0), _source, _clock))
            .ExitCode.ShouldBe(ExitCode.Usage);

    [Fact]
    public void Its_port_is_free_again_at_once()
    {
        _http.Dispose();

        using var second = ClusterHttp.Start(_address, _source, _clock);

        second.Address.ShouldBe(_http.Address);
    }

    private Answer Ask(string request, string? host = null, string more = "")
    {
        using var client = new TcpClient();
        client.Connect(IPEndPoint.Parse(_http.Address));
        var stream = client.GetStream();
        stream.Write(Encoding.ASCII.GetBytes($"{request}\r\nHost: {host ?? _http.Address}\r\nConnection: close\r\n{more}\r\n"));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new Answer(reader.ReadToEnd());
    }

    private sealed record Answer(string Text)
    {
        public int Code => int.Parse(Text.Split(' ')[1], null);

        public string Body => Text[(Text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];

        public string? Header(string name) => Text.Split("\r\n\r\n")[0].Split("\r\n")
            .FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..];
    }
}
