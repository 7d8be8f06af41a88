using System.Net;
using System.Net.Sockets;
using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Worker.Actor;

/// <summary>Makes connections: each of a host's addresses in turn, none for longer than a few seconds.</summary>
internal static class Dialer
{
    private static readonly TimeSpan LongestAttempt = TimeSpan.FromSeconds(5);

    /// <summary>Connects.</summary>
    /// <exception cref="LinkClosedException">Nobody answers, in words.</exception>
    public static Socket Connect(HostPort address, TimeProvider time)
    {
        LinkClosedException? failure = null;
        foreach (var endPoint in Resolve(address))
        {
            try
            {
                return Connect(endPoint, address, time);
            }
            catch (LinkClosedException exception)
            {
                failure ??= exception;
            }
        }

        throw failure!;
    }

    private static IPEndPoint[] Resolve(HostPort address)
    {
        try
        {
            return address.Resolve();
        }
        catch (UserException exception)
        {
            throw new LinkClosedException(exception.Message.TrimEnd('.'), exception);
        }
    }

    private static Socket Connect(IPEndPoint endPoint, HostPort address, TimeProvider time)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var deadline = new Deadline(LongestAttempt, time, socket.Dispose);
        try
        {
            socket.Connect(endPoint);
            return socket;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            socket.Dispose();
            var why = deadline.HasPassed ? $"no answer within {LongestAttempt.TotalSeconds:F0} s" : exception.Message;
            throw new LinkClosedException($"{address} cannot be reached: {why}", exception);
        }
    }
}
