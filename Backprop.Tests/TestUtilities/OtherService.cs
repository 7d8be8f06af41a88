using System.Net;
using System.Net.Sockets;
using System.Text;
using Backprop.Shared.Protocol;

namespace Backprop.Tests.TestUtilities;

/// <summary>A port at which no coordinator is: whoever connects is told the same, or nothing.</summary>
internal sealed class OtherService : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _connections = [];
    private readonly Thread _thread;

    public OtherService(string says = "")
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _thread = new Thread(() => Serve(Encoding.ASCII.GetBytes(says)));
        _thread.Start();
    }

    public HostPort Address => new("127.0.0.1", ((IPEndPoint)_listener.LocalEndPoint!).Port);

    public void Dispose()
    {
        _listener.Dispose();
        _thread.Join();
        _connections.ForEach(c => c.Dispose());
    }

    private void Serve(byte[] says)
    {
        try
        {
            while (true)
            {
                var connection = _listener.Accept();
                _connections.Add(connection);
                connection.Send(says);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
