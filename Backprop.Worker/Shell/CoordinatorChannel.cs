using System.Net.Sockets;
using Backprop.Shared.Identity;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;
using Backprop.Worker.Protocol;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Backprop.Worker.Shell;

/// <summary>gRPC with one address: what a worker asks there, and what failures mean.</summary>
/// <param name="token">Sent with every call; null: there is none.</param>
internal sealed class CoordinatorChannel : IDisposable
{
    /// <summary>The run file, and what is said besides.</summary>
    private const int ReplyBytes = FrameFormat.RunFileBytes + (1 << 20);

    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(30);

    // Who is asked to wait for a run still must notice that the other machine is gone, or that its process stands still: by then another
    // node may coordinate.
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(2);

    private readonly HostPort _address;
    private readonly TimeProvider _time;
    private readonly GrpcChannel _channel;
    private readonly Cluster.ClusterClient _client;
    private readonly Metadata _headers = [];
    private readonly bool _hasToken;

    /// <param name="identity">What the worker shows of itself; null: nothing, and all travels in the clear.</param>
    public CoordinatorChannel(HostPort address, JoinToken? token, IdentityFolder? identity, TimeProvider time)
    {
        (_address, _time, _hasToken) = (address, time, token is not null);
        if (token is not null)
        {
            _headers.Add("authorization", token.Bearer);
        }

        var options = new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                UseProxy = false,
                SslOptions = identity is null ? new() : Tls.ForClient(identity),
                ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(
                    new NetworkStream(Dialer.Connect(address, time), ownsSocket: true)),
                KeepAlivePingDelay = PingDelay,
                KeepAlivePingTimeout = PingDelay,
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = ReplyBytes,
        };
        try
        {
            _channel = GrpcChannel.ForAddress($"{(identity is null ? "http" : "https")}://{address}", options);
        }
        catch (UriFormatException exception)
        {
            options.HttpHandler.Dispose();
            throw new NoCoordinatorException($"{address} is no address that can be asked: {Shown.Reason(exception)}", exception);
        }

        _client = new Cluster.ClusterClient(_channel);
    }

    /// <summary>Asks to take part.</summary>
    /// <exception cref="NoCoordinatorException">Nobody there coordinates.</exception>
    /// <exception cref="UserException">The token is not the right one.</exception>
    public JoinReply Join(JoinRequest request, TimeSpan timeout, CancellationToken stopping) =>
        Call(options => _client.Join(request, options), timeout, stopping);

    /// <summary>Has the coordinator send a data file.</summary>
    /// <exception cref="NoCoordinatorException">It does not answer any more.</exception>
    /// <exception cref="ProtocolException">It sent what was not asked for.</exception>
    /// <exception cref="UserException">It cannot read its file.</exception>
    public void Fetch(int worker, OfferedFile file, Stream into, CancellationToken stopping)
    {
        var request = new FetchRequest { Worker = worker, Sha256 = ByteString.CopyFrom(file.Sha256) };
        while (request.Offset < file.Size)
        {
            var bytes = Call(options => _client.Fetch(request, options), FetchTimeout, stopping).Bytes;
            if (bytes.IsEmpty)
            {
                throw new UserException(
                    ExitCode.Mismatch, $"The coordinator cannot read its {WireText.Sentence(file.Path)} any more; start it again.");
            }

            if (bytes.Length > file.Size - request.Offset)
            {
                throw new ProtocolException($"The coordinator sent more of {file.SafeName} than there is.");
            }

            into.Write(bytes.Span);
            request.Offset += bytes.Length;
        }
    }

    public void Dispose() => _channel.Dispose();

    private T Call<T>(Func<CallOptions, T> call, TimeSpan timeout, CancellationToken stopping)
    {
        try
        {
            return call(new CallOptions(_headers, _time.GetUtcNow().UtcDateTime + timeout, stopping));
        }
        catch (RpcException failure)
        {
            throw RpcFailures.ToException(failure, _address, _hasToken);
        }
    }
}
