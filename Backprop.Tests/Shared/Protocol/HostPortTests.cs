using Backprop.Shared.Primitives;
using Backprop.Shared.Protocol;

namespace Backprop.Tests.Shared.Protocol;

public sealed class HostPortTests
{
    [Theory]
    [InlineData("127.0.0.1:7400", "127.0.0.1", 7400, true)]
    [InlineData("[::1]:7400", "::1", 7400, true)]
    [InlineData("localhost:0", "localhost", 0, true)]
    [InlineData("0.0.0.0:7400", "0.0.0.0", 7400, false)]
    [InlineData("[::]:7400", "::", 7400, false)]
    [InlineData("node-1.example.org:65535", "node-1.example.org", 65535, false)]
    public void AnAddressIsReadAndWrittenBack(string text, string host, int port, bool loopback)
    {
        var address = HostPort.Parse(text, "--listen");

        address.ShouldBe(new HostPort(host, port));
        address.IsLoopback.ShouldBe(loopback);
        address.ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7400")]
    [InlineData(":7400")]
    [InlineData("host:")]
    [InlineData("host:-1")]
    [InlineData("host:+1")]
    [InlineData("host: 1")]
    [InlineData("host:65536")]
    [InlineData("host:99999999999")]
    [InlineData("http://host:80")]
    [InlineData("::1:7400")]
    [InlineData("[127.0.0.1]:7400")]
    [InlineData("[]:7400")]
    [InlineData("two words:7400")]
    [InlineData("a254aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        + "aaaaaaaaaaaaaaaaaaaaaaaaaaaa:1")]
    public void WhatIsNoAddressIsRefusedWithTheOption(string text)
    {
        var exception = Should.Throw<UserException>(() => HostPort.Parse(text, "--listen"));

        exception.ExitCode.ShouldBe(ExitCode.Usage);
        exception.Message.ShouldStartWith("--listen needs HOST:PORT");
    }

    [Fact]
    public void NumbersAndLocalhostNeedNobodyToLookThemUp()
    {
        HostPort.Parse("10.1.2.3:5", "").Resolve().Single().ToString().ShouldBe("10.1.2.3:5");
        HostPort.Parse("LOCALHOST:5", "").Resolve().Select(e => e.ToString()).ShouldBe(["127.0.0.1:5", "[::1]:5"]);
    }

    [Fact]
    public void AHostThatNobodyKnowsIsSaid()
    {
        var exception = Should.Throw<UserException>(() => new HostPort("no-such-host.invalid", 5).Resolve());

        exception.ExitCode.ShouldBe(ExitCode.Unreachable);
        exception.Message.ShouldContain("no-such-host.invalid");
    }
}
