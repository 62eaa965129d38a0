"""What providers prove before they may serve (PRODUCT 7).

A *verification* is the case of one doctor, clinic, hospital, pharmacy or laboratory: the applicant *submits* facts and
documents, an administrator with the scope `verify` *approves* them or *rejects* them with a reason, and may *withdraw*
an approval. It sticks to facts: whoever changes one of them waits anew. What was approved is kept with its hash.
"""
