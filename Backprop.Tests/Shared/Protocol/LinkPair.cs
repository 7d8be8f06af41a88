using System.Net;
using System.Net.Sockets;
using Backprop.Shared.Protocol;

namespace Backprop.Tests.Shared.Protocol;

/// <summary>Two ends of a real connection on this machine.</summary>
internal sealed class LinkPair : IDisposable
{
    public LinkPair()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        WorkerSocket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        WorkerSocket.Connect(listener.LocalEndPoint!);
        CoordinatorSocket = listener.Accept();
        Worker = new FrameLink(WorkerSocket, new FrameScanner(FrameLimits.Coordinator), TimeProvider.System);
        Coordinator = new FrameLink(CoordinatorSocket, new FrameScanner(FrameLimits.Worker), TimeProvider.System);
    }

    public FrameLink Worker { get; }

    public FrameLink Coordinator { get; }

    public Socket WorkerSocket { get; }

    public Socket CoordinatorSocket { get; }

    public void Dispose()
    {
        Worker.Dispose();
        Coordinator.Dispose();
    }
}
