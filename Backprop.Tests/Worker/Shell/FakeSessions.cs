using System.Collections.Concurrent;
using System.Net;
using Backprop.Shared.Protocol;
using Backprop.Shared.Runs;
using Backprop.Worker.Protocol;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Backprop.Tests.Worker.Shell;

/// <summary>What workers ask by gRPC, answered by a test: each Join waits for the test's answer, pieces of files are given.</summary>
internal sealed class FakeSessions : IDisposable
{
    private readonly WebApplication _server;
    private readonly Service _service;

    /// <param name="files">What may be fetched.</param>
    public FakeSessions(FileChunks files)
    {
        _service = new Service(files);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, on => on.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_service);
        _server = builder.Build();
        _server.MapGrpcService<Service>();
        _server.StartAsync().GetAwaiter().GetResult();
        var addresses = _server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        Address = new HostPort("127.0.0.1", new Uri(addresses.Addresses.Single()).Port);
    }

    /// <summary>Where workers ask.</summary>
    public HostPort Address { get; }

    /// <summary>How many files were fetched.</summary>
    public int FilesSent => _service.FilesSent;

    /// <summary>How many pieces were asked for that none were given of.</summary>
    public int Withheld => _service.Withheld;

    /// <summary>Who asks for a piece of a file is told that there is no such worker.</summary>
    public bool SendsNothing
    {
        set => _service.SendsNothing = value;
    }

    /// <summary>The next worker that asks to take part.</summary>
    public Asked Next() =>
        _service.Joins.TryTake(out var asked, TimeSpan.FromSeconds(20)) ? asked : throw new TimeoutException("Nobody asks to join.");

    /// <summary>Nobody asks at the moment.</summary>
    public bool IsAsked => _service.Joins.Count > 0;

    public void Dispose()
    {
        _service.Over.Cancel();
        _server.StopAsync(new CancellationToken(canceled: true)).GetAwaiter().GetResult();
        ((IDisposable)_server).Dispose();
    }

    /// <summary>A worker that waits for an answer.</summary>
    internal sealed record Asked(JoinRequest Request, string? Authorization, TaskCompletionSource<JoinReply> Answer)
    {
        public void Refuse(StatusCode code, string detail, params Metadata trailers) =>
            Answer.SetException(new RpcException(new Status(code, detail), trailers));
    }

    private sealed class Service(FileChunks files) : Cluster.ClusterBase
    {
        private int _filesSent;
        private int _withheld;

        public BlockingCollection<Asked> Joins { get; } = [];

        public CancellationTokenSource Over { get; } = new();

        public int FilesSent => _filesSent;

        public int Withheld => _withheld;

        public bool SendsNothing { get; set; }

        public override Task<JoinReply> Join(JoinRequest request, ServerCallContext context)
        {
            var asked = new Asked(
                request,
                context.RequestHeaders.GetValue("authorization"),
                new TaskCompletionSource<JoinReply>(TaskCreationOptions.RunContinuationsAsynchronously));
            Over.Token.Register(() => asked.Answer.TrySetCanceled());
            context.CancellationToken.Register(() => asked.Answer.TrySetCanceled());
            Joins.Add(asked, CancellationToken.None);
            return asked.Answer.Task;
        }

        public override Task<FetchReply> Fetch(FetchRequest request, ServerCallContext context)
        {
            if (SendsNothing)
            {
                Interlocked.Increment(ref _withheld);
                throw new RpcException(new Status(StatusCode.NotFound, "There is no such worker."));
            }

            if (request.Offset == 0)
            {
                Interlocked.Increment(ref _filesSent);
            }

            var index = files.Files.Select((file, i) => (file, i)).Single(f => f.file.Sha256.AsSpan().SequenceEqual(request.Sha256.Span)).i;
            var bytes = new byte[1 << 20];
            var count = files.Read(index, request.Offset, bytes);
            return Task.FromResult(new FetchReply { Bytes = ByteString.CopyFrom(bytes, 0, count) });
        }
    }
}
