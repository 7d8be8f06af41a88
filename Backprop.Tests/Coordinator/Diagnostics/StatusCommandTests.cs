using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Backprop.Coordinator.Diagnostics;
using Backprop.Shared.Protocol;
using Backprop.Tests.TestUtilities;

namespace Backprop.Tests.Coordinator.Diagnostics;

/// <summary>The built commands, asking a status page of this process.</summary>
public sealed class StatusCommandTests : IDisposable
{
    private readonly FixedStatus _source = new(Shown.Status);
    private readonly ClusterHttp _http;

    public StatusCommandTests() => _http = ClusterHttp.Start(new HostPort("127.0.0.1", 0), _source, TimeProvider.System);

    public void Dispose() => _http.Dispose();

    [Fact]
    public void Status_tells_the_run_in_a_few_lines()
    {
        Run("status", "--coordinator", _http.Address).ShouldSucceed().Output.ShouldBe(
            """
            run         digits, computing
            identity    6f1e22
            step        512 of 690, epoch 23 of 30
            loss        0.18341, learning rate 0.003
            evaluation  loss 0.2012, accuracy 94.62 %
            best        loss 0.1987, accuracy 95.21 % after step 368
            speed       41,200 samples/s, a step in 1.5 ms; time left 00:04:36
            checkpoint  after step 400
            workers     2 of 1 to 64; 3 joined, 1 lost
            again       4 shards computed again, 1 answer dropped
            network     2.35 MB sent, 2 kB received

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Workers_are_a_table()
    {
        Run("workers", "--coordinator", _http.Address).ShouldSucceed().Output.ShouldBe(
            """
            id  name       address          slots  state      samples/s  shards     sent  received  last heard
            w1  host-4711  127.0.0.1:52114      2  computing     20,600   2,048  1.17 MB     999 B   0.0 s ago
            w3  host-4712  127.0.0.1:52114      2  preparing          0   2,048  1.17 MB     999 B   0.0 s ago

            """.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("status")]
    [InlineData("workers")]
    public void For_machines_it_is_the_page_itself(string command)
    {
        var output = Run(command, "--coordinator", _http.Address, "--json").ShouldSucceed().Output;

        output.Count(c => c == '\n').ShouldBe(1);
        JsonDocument.Parse(output).RootElement.GetProperty("workers").GetArrayLength().ShouldBe(2);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("workers")]
    public void Nobody_there_is_exit_code_9(string command)
    {
        _http.Dispose();

        Run(command, "--coordinator", _http.Address).ShouldFail(9, $"No coordinator answers at {_http.Address} (Connection refused)");
    }

    [Fact]
    public void A_port_of_something_else_is_exit_code_9()
    {
        using var workers = new Answering("BPR1\u0001\0\u0008\0");
        using var pages = new Answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        using var json = new Answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");

        Run("status", "--coordinator", workers.Address)
            .ShouldFail(9, "it does not speak HTTP; give the address of the status page, not the one that workers connect to");
        Run("status", "--coordinator", pages.Address).ShouldFail(9, "is no coordinator's status page: HTTP 404.");
        Run("status", "--coordinator", json.Address).ShouldFail(9, "its page is none of a coordinator's of this version");
    }

    [Theory]
    [InlineData("--coordinator", "nowhere", "--coordinator needs HOST:PORT")]
    [InlineData("--cordinator", "127.0.0.1:1", "There is no option --cordinator; did you mean '--coordinator'?")]
    public void A_slip_of_the_hand_is_exit_code_2(string option, string value, string sentence) =>
        Run("status", option, value).ShouldFail(2, sentence);

    [Fact]
    public void A_name_from_the_network_cannot_speak_to_the_terminal()
    {
        _source.Status = Shown.Status with { Workers = [Shown.Worker(1, "a\u001b[2J\n" + new string('x', 100))] };

        var output = Run("workers", "--coordinator", _http.Address).ShouldSucceed().Output;

        output.ShouldContain("a?[2J " + new string('x', 23) + "...  127");
        output.Count(c => c == '\n').ShouldBe(2);
    }

    private static CommandResult Run(params IEnumerable<string> arguments) => BackpropCommand.Run(AppContext.BaseDirectory, arguments);

    /// <summary>A port that says the same to whoever connects.</summary>
    private sealed class Answering : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Answering(string answer)
        {
            _listener.Start();
            _ = AnswerAsync(Encoding.ASCII.GetBytes(answer));
        }

        public string Address => _listener.LocalEndpoint.ToString()!;

        public void Dispose() => _listener.Dispose();

        private async Task AnswerAsync(byte[] answer)
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    var stream = client.GetStream();
                    await stream.WriteAsync(answer);

                    // Closing before the question is read would take the answer away.
                    using var reader = new StreamReader(stream);
                    await reader.ReadLineAsync();
                }
            }
            catch (SocketException)
            {
                // The test is over.
            }
        }
    }
}
