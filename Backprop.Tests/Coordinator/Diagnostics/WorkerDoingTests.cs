using Backprop.Coordinator.Diagnostics;

namespace Backprop.Tests.Coordinator.Diagnostics;

public sealed class WorkerDoingTests
{
    [Theory]
    [InlineData(0.2, 0, 4, 0.0, "it is computing, heard 0.2 s ago")]
    [InlineData(0.2, 0, 1, 0.0, "it is receiving weights, 1 of 4 parts were sent, heard 0.2 s ago")]
    [InlineData(0.2, 3, -1, 0.0, "it is receiving weights, 0 of 4 parts were sent, heard 0.2 s ago")]
    [InlineData(0.2, 3, 4, 0.0, "its orders are still to be sent, heard 0.2 s ago")]
    [InlineData(0.2, 1, 1, 0.4, "it is sending, 40 % of its gradient has come, heard 0.2 s ago")]
    [InlineData(0.99, 0, 4, 0.0, "it is computing, heard 1.0 s ago")]
    [InlineData(1.0, 0, 4, 0.4, "nothing has been heard of it for 1.0 s")]
    [InlineData(2.54, 3, 1, 0.0, "nothing has been heard of it for 2.5 s")]
    public void WhatIsKnown_IsSaidInTheOrderInWhichItMatters(
        double silence, int orders, int partsSent, double gradientCome, string sentence)
    {
        var doing = new WorkerDoing
        {
            Silence = TimeSpan.FromSeconds(silence),
            Orders = orders,
            Parts = 4,
            PartsSent = partsSent,
            GradientCome = gradientCome,
        };

        doing.ToString().ShouldBe(sentence);
    }
}
