using System.Net.Sockets;
using Backprop.Shared.Primitives;

namespace Backprop.Tests.Shared.Primitives;

public sealed class ShownTests
{
    [Theory]
    [InlineData("Access to the path 'x' is denied.", "access to the path 'x' is denied")]
    [InlineData("IO is short.", "IO is short")]
    [InlineData("I/O error.", "I/O error")]
    [InlineData("A frame Gradient is not allowed.", "a frame Gradient is not allowed")]
    [InlineData("", "")]
    public void A_reason_stands_in_a_sentence_of_ours(string message, string reason) =>
        Shown.Reason(new IOException(message)).ShouldBe(reason);

    [Fact]
    public void Of_a_connection_the_address_is_not_said_again()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        var refused = Should.Throw<SocketException>(() => socket.Connect(System.Net.IPAddress.Loopback, 1));

        Shown.Reason(refused).ShouldNotContain("127.0.0.1");
    }

    [Theory]
    [InlineData(0, "0 shards")]
    [InlineData(1, "1 shard")]
    [InlineData(12345, "12,345 shards")]
    public void One_of_them_is_not_several(long count, string text) => $"{new Quantity(count, "shard")}".ShouldBe(text);

    [Fact]
    public void Some_words_have_a_plural_of_their_own() => $"{new Quantity(2, "class", "classes")}".ShouldBe("2 classes");
}
