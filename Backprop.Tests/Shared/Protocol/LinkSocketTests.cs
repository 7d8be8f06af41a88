using System.Net;
using System.Net.Sockets;
using Backprop.Shared.Protocol;

namespace Backprop.Tests.Shared.Protocol;

public sealed class LinkSocketTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Fact]
    public void TheFirstAddressThatAnswersIsTaken()
    {
        using var silent = Bound();
        using var listener = Bound();
        listener.Listen();

        using var socket = LinkSocket.Connect([AddressOf(silent), AddressOf(listener)], Long, TimeProvider.System);

        socket.RemoteEndPoint.ShouldBe(listener.LocalEndPoint);
        socket.Blocking.ShouldBeTrue();
    }

    [Fact]
    public void APortWhereNobodyListensIsSaid()
    {
        using var silent = Bound();

        Should.Throw<LinkClosedException>(() => LinkSocket.Connect([AddressOf(silent)], Long, TimeProvider.System))
            .Message.ShouldStartWith($"{silent.LocalEndPoint} cannot be reached: ");
    }

    [Fact]
    public void AHostThatDoesNotAnswerIsGivenUp()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only there a full queue of a listener leaves a connection unanswered");
        using var listener = Bound();
        listener.Listen(1);
        var waiting = new List<Socket>();
        try
        {
            Should.Throw<LinkClosedException>(() =>
            {
                // The queue is full after a few; then nobody answers.
                while (waiting.Count < 64)
                {
                    waiting.Add(LinkSocket.Connect([AddressOf(listener)], TimeSpan.FromSeconds(0.3), TimeProvider.System));
                }
            }).Message.ShouldBe($"{listener.LocalEndPoint} does not answer.");
        }
        finally
        {
            waiting.ForEach(socket => socket.Dispose());
        }
    }

    private static IPEndPoint AddressOf(Socket socket) => (IPEndPoint)socket.LocalEndPoint!;

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }
}
