"""The text models that give each target token a softmax of its own, and so a probability of its own."""

from torch import Tensor

from beyond_mle.models.text_model import TextModel, by_row
from beyond_mle.models.token_distribution import token_distribution
from beyond_mle.symbols import PAD
from beyond_mle.types import ONLY_LOG_Q, Encoded, TextBatch, TokenLogProb, TokenRequest


class FactorisedModel(TextModel):
    """A text model whose `predictions` say which position predicts which target token (see `capabilities.PerToken`)."""

    def token_log_prob(self, batch: TextBatch, request: TokenRequest = ONLY_LOG_Q) -> TokenLogProb:
        """log q of each predicted token, and what else is requested of its distribution."""
        encoded = self.encode(batch.source_BS)
        return self.token_log_prob_from(encoded, batch, self.predictions(encoded, batch.target_BT), request)

    def token_log_prob_from(
        self,
        encoded: Encoded,
        batch: TextBatch,
        predictions: tuple[Tensor, Tensor, Tensor],
        request: TokenRequest,
    ) -> TokenLogProb:
        """The same, from what `predictions` gives."""
        hidden_BTD, predicted_BT, mask_BT = predictions
        word_NW = None
        if request.word_BTW is not None:
            word_BTW = request.word_BTW.expand(*mask_BT.shape, request.word_BTW.shape[-1])
            word_NW = word_BTW[mask_BT] - self.first_output
        log_q_N, *requested = token_distribution(
            hidden_BTD[mask_BT],
            self.output_weight_VD,
            predicted_BT[mask_BT] - self.first_output,
            word_NW,
            collision=request.collision,
            entropy=request.entropy,
        )
        word_log_q_BTW, collision_BT, entropy_BT = (
            None if value is None else by_row(value, mask_BT) for value in requested
        )
        length_B = (batch.target_BT != PAD).sum(1)
        return TokenLogProb(
            log_q_BT=by_row(log_q_N, mask_BT),
            mask_BT=mask_BT,
            length_B=length_B,
            boundary=self.boundary,
            length_log_prob_B=self.length_log_prob(encoded, length_B),
            collision_BT=collision_BT,
            entropy_BT=entropy_BT,
            word_log_q_BTW=word_log_q_BTW,
        )
